import { beforeEach, describe, expect, it } from 'vitest';
import type { FollowL1Port } from '../../../src/follow/ports.js';
import { L1ByNumber } from '../../../src/l1/l1ByNumber.js';
import { WatchCell } from '../../../src/runtime/watch.js';
import type { L1BlockRef } from '../../../src/types/block.js';
import type { L1Heads } from '../../../src/types/l1Heads.js';
import { UNKNOWN_L1_HEADS } from '../../../src/types/l1Heads.js';

const signal = new AbortController().signal;
const ref = (number: bigint, fork = 0): L1BlockRef => ({
  hash: `0x${(number * 16n + BigInt(fork)).toString(16).padStart(64, '0')}`,
  number,
  parentHash: `0x${((number - 1n) * 16n + BigInt(fork)).toString(16).padStart(64, '0')}`,
  timestamp: number,
});

let heads: WatchCell<L1Heads>;
let calls: bigint[];
let fork: number;
let height: bigint;
let port: FollowL1Port;
let onAsked: () => void;
const get = async (number: bigint, fresh = false): Promise<L1BlockRef | null> =>
  port.l1BlockRefByNumber(number, { fresh }, signal);

beforeEach(() => {
  heads = new WatchCell<L1Heads>({ ...UNKNOWN_L1_HEADS, head: ref(20n), finalized: ref(5n) });
  calls = [];
  fork = 0;
  height = 20n;
  onAsked = () => undefined;
  const l1 = {
    l1BlockRefByNumber: async (number: bigint) => {
      calls.push(number);
      const answer = number <= height ? ref(number, fork) : null;
      onAsked();
      return answer;
    },
  };
  port = new L1ByNumber({ l1, heads });
});

describe('L1ByNumber', () => {
  it('asks once for a height while the head stands or moves one step forward', async () => {
    await get(15n);
    heads.set({ ...heads.get(), head: ref(21n) });
    expect(await get(15n)).toEqual(ref(15n));
    expect(calls).toEqual([15n]);
  });

  it('reads past the cache when asked to, and keeps what it read', async () => {
    await get(15n);
    fork = 1;
    expect(await get(15n, true)).toEqual(ref(15n, 1));
    expect(await get(15n)).toEqual(ref(15n, 1));
    expect(calls).toHaveLength(2);
  });

  it('forgets all but finalized heights when the head moves in another way', async () => {
    await get(4n);
    await get(15n);
    fork = 1;
    heads.set({ ...heads.get(), head: ref(21n, 1) });
    expect(await get(15n)).toEqual(ref(15n, 1));
    expect(await get(4n)).toEqual(ref(4n));
  });

  it('does not keep an answer that a head move may have overtaken', async () => {
    onAsked = () => heads.set({ ...heads.get(), head: ref(21n, 1) });
    await get(15n);
    onAsked = () => undefined;
    fork = 1;
    expect(await get(15n)).toEqual(ref(15n, 1));
  });

  it('never keeps that a height is not there', async () => {
    expect(await get(21n)).toBeNull();
    height = 21n;
    expect(await get(21n)).toEqual(ref(21n));
    height = 20n;
    expect(await get(21n, true)).toBeNull();
    expect(await get(21n)).toBeNull();
  });

  it.each([
    ['another block', 21n],
    ['that there is none', 14n],
  ])(
    'keeps what was asked for last, though an older answer with %s comes after it',
    async (_, top) => {
      let release: () => void = () => undefined;
      const l1 = {
        l1BlockRefByNumber: async (number: bigint): Promise<L1BlockRef | null> => {
          calls.push(number);
          const answer = number <= height ? ref(number, fork) : null;
          if (calls.length === 1) await new Promise<void>((resolve) => (release = resolve));
          return answer;
        },
      };
      port = new L1ByNumber({ l1, heads });
      height = top;
      const older = get(15n);
      height = 21n;
      fork = 1;
      expect(await get(15n, true)).toEqual(ref(15n, 1));
      release();
      await older;
      expect(await get(15n)).toEqual(ref(15n, 1));
      expect(calls).toHaveLength(2);
    },
  );

  it('forgets everything when nothing is finalized', async () => {
    heads.set({ ...heads.get(), finalized: UNKNOWN_L1_HEADS.finalized });
    await get(0n);
    heads.set({ ...heads.get(), head: ref(30n, 1) });
    await get(0n);
    expect(calls).toEqual([0n, 0n]);
  });
});
