import { beforeEach, describe, expect, it } from 'vitest';
import { KeptSafeHeads } from '../../../src/stores/keptSafeHeads.js';
import type { Hash } from '../../../src/types/block.js';
import type { SafeHeadAtL1 } from '../../../src/types/safeHeadAtL1.js';

const HIGHEST = 2n ** 64n - 1n;
const hash = (n: bigint): Hash => `0x${n.toString(16).padStart(64, '0')}`;
const entry = (l1: bigint, l2: bigint): SafeHeadAtL1 => ({
  l1Block: { hash: hash(l1), number: l1 },
  safeHead: { hash: hash(l2), number: l2 },
});

describe('KeptSafeHeads', () => {
  let entries: SafeHeadAtL1[];
  let looked: bigint[];
  let kept: KeptSafeHeads;
  beforeEach(() => {
    entries = [entry(5n, 10n), entry(300n, 20n), entry(400n, 30n)];
    looked = [];
    kept = new KeptSafeHeads((l1Number) => {
      looked.push(l1Number);
      return entries.findLast(({ l1Block }) => l1Block.number <= l1Number) ?? null;
    });
  });
  const ask = (...numbers: bigint[]) =>
    numbers.map((number) => kept.at(number, HIGHEST)?.safeHead.number ?? null);

  it('looks once for each number below the newest entry, and once for all others', () => {
    for (let times = 0; times < 3; times++) {
      expect(ask(5n, 299n, 300n, 400n, 401n, 10n ** 9n)).toEqual([10n, 10n, 20n, 30n, 30n, 30n]);
    }
    expect(looked).toEqual([HIGHEST, 5n, 299n, 300n]);
  });

  it('keeps what is below the newest entry when one is written there or above', () => {
    ask(299n, 400n);
    entries = [...entries.slice(0, 2), entry(400n, 31n), entry(401n, 32n)];
    kept.written(400n);
    kept.written(401n);
    looked = [];
    expect(ask(299n, 400n, 401n)).toEqual([10n, 31n, 32n]);
    expect(looked).toEqual([HIGHEST, 400n]);
  });

  it('forgets everything when an entry is written below the newest, or entries went', () => {
    expect(ask(299n, 399n)).toEqual([10n, 20n]);
    entries.splice(1, 0, entry(200n, 15n));
    kept.written(200n);
    expect(ask(299n, 399n)).toEqual([15n, 20n]);
    entries = [entry(5n, 9n)];
    kept.clear();
    expect(ask(299n, 399n, 5n)).toEqual([9n, 9n, 9n]);
  });

  it('finds what is written first where there was nothing', () => {
    entries = [];
    expect(ask(5n)).toEqual([null]);
    entries = [entry(5n, 10n)];
    kept.written(5n);
    expect(ask(4n, 5n)).toEqual([null, 10n]);
    entries = [entry(4n, 8n), entry(5n, 10n)];
    kept.written(4n);
    expect(ask(4n)).toEqual([8n]);
  });

  it('keeps so many answers and no more', () => {
    entries = [entry(1n, 1n), entry(10n ** 6n, 2n)];
    for (let number = 2n; number < 5000n; number++) ask(number);
    looked = [];
    ask(4999n, 2n);
    expect(looked).toEqual([2n]);
  });
});
