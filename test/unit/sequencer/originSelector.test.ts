import { beforeEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import { chooseOrigin, OriginSelector } from '../../../src/sequencer/originSelector.js';
import type { Hash, L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { GENESIS_REF, hashOf, l1Block, TEST_ROLLUP } from '../../support/l2Chain.js';

const FJORD = { ...TEST_ROLLUP, forks: { fjord: 0n } };
const current = l1Block(0n);
const next = l1Block(1n);
/** A head whose child has that many seconds on the L1 origin. */
const headAt = (drift: bigint): L2BlockRef => ({
  ...GENESIS_REF,
  timestamp: current.timestamp + drift - TEST_ROLLUP.blockTime,
});

describe('the choice of the L1 origin', () => {
  it.each([
    [11n, current],
    [12n, next],
    [13n, next],
  ])('takes the next L1 block when the child is not older: %i s', (drift, origin) => {
    const choice = chooseOrigin(TEST_ROLLUP, { head: headAt(drift), current, next });
    expect(choice).toEqual({ kind: 'origin', origin });
  });

  it.each([
    ['before Fjord', TEST_ROLLUP, 600n],
    ['from Fjord', FJORD, 1_800n],
  ])('keeps the origin without a next one up to the drift %s', (_, config, maxDrift) => {
    const at = (drift: bigint) =>
      chooseOrigin(config, { head: headAt(drift), current, next: null }).kind;
    expect(at(maxDrift)).toBe('origin');
    expect(at(maxDrift + 1n)).toBe('unavailable');
    const known = { head: headAt(maxDrift + 1n), current, next };
    expect(chooseOrigin(config, known)).toEqual({ kind: 'origin', origin: next });
  });

  it('finds that L1 left the blocks that the head builds on', () => {
    const other = l1Block(1n, 'other');
    const head = headAt(20n);
    expect(chooseOrigin(TEST_ROLLUP, { head, current, next: other })).toMatchObject({
      kind: 'conflict',
      origin: other,
    });
    expect(chooseOrigin(TEST_ROLLUP, { head, current: other, next: null })).toMatchObject({
      kind: 'conflict',
      origin: other,
    });
  });
});

describe('looking up L1', () => {
  let asked: string[];
  let blocks: Map<bigint, L1BlockRef>;
  let byNumber: (number: bigint) => Promise<L1BlockRef | null>;
  let l1Head: Hash;
  let clock: FakeClock;
  let log: FakeLogger;
  let ahead: Hash[];
  let selector: OriginSelector;
  const { signal } = new AbortController();
  const failure = new NodeError('TRANSPORT_FAILED', 'no L1', { severity: 'temporary' });

  beforeEach(() => {
    asked = [];
    ahead = [];
    blocks = new Map([
      [0n, current],
      [1n, next],
      [2n, l1Block(2n)],
    ]);
    byNumber = async (number) => blocks.get(number) ?? null;
    l1Head = hashOf('first');
    clock = new FakeClock();
    log = new FakeLogger();
    const l1 = {
      l1BlockRefByNumber: (number: bigint) => {
        asked.push(`number ${number}`);
        return byNumber(number);
      },
      l1BlockRefByHash: async (hash: Hash) => {
        asked.push('hash');
        return [...blocks.values()].find((block) => block.hash === hash) ?? null;
      },
      readAhead: async ({ hash }: L1BlockRef) => {
        ahead.push(hash);
      },
    };
    selector = new OriginSelector(TEST_ROLLUP, { l1, l1Head: () => l1Head, clock, log });
  });

  it('asks for nothing when it was looked up ahead', async () => {
    await selector.prefetch(headAt(20n), signal);
    expect(ahead).toEqual([next.hash]);
    asked.length = 0;
    expect(await selector.find(headAt(20n), false, signal)).toEqual({
      kind: 'origin',
      origin: next,
    });
    expect(asked).toEqual([]);
  });

  it('knows the next origin as the current one when the head has moved on to it', async () => {
    await selector.find(headAt(20n), false, signal);
    asked.length = 0;
    const moved = { ...headAt(40n), l1Origin: { hash: next.hash, number: 1n } };
    expect(await selector.find(moved, false, signal)).toMatchObject({ origin: l1Block(2n) });
    expect(asked).toEqual(['number 2']);
  });

  it('looks again when the L1 head is another one: the next block may have been reorged', async () => {
    await selector.find(headAt(20n), false, signal);
    blocks.set(1n, l1Block(1n, 'other'));
    expect(await selector.find(headAt(20n), false, signal)).toMatchObject({ kind: 'origin' });
    l1Head = hashOf('second');
    expect(await selector.find(headAt(20n), false, signal)).toMatchObject({ kind: 'conflict' });
  });

  it('waits for an L1 that lacks the origin of the head', async () => {
    blocks.delete(0n);
    expect(await selector.find(headAt(20n), false, signal)).toMatchObject({ kind: 'unavailable' });
  });

  it('builds without a next block when L1 fails or is slow, but not in recover mode', async () => {
    byNumber = async () => Promise.reject(failure);
    const kept = { kind: 'origin', origin: current };
    expect(await selector.find(headAt(20n), false, signal)).toEqual(kept);
    await expect(selector.find(headAt(20n), true, signal)).rejects.toBe(failure);
    byNumber = () => new Promise(() => undefined);
    const slow = selector.find(headAt(20n), false, signal);
    await clock.advance(500);
    expect(await slow).toEqual(kept);
    expect(log.find('Failed to get next origin')).toHaveLength(2);
  });

  it('counts half a second from when L1 was asked, and uses a late answer for the next block', async () => {
    let answer = (): void => undefined;
    byNumber = (number) =>
      new Promise((resolve) => {
        answer = () => resolve(blocks.get(number) ?? null);
      });
    const ahead = selector.prefetch(headAt(20n), signal);
    await clock.advance(300);
    const due = selector.find(headAt(20n), false, signal);
    await clock.advance(200);
    expect(await due).toEqual({ kind: 'origin', origin: current });
    expect(log.find('Failed to get next origin')[0]?.fields.code).toBe('SEQUENCER_L1_TIMEOUT');
    const late = selector.find(headAt(20n), false, signal);
    await clock.advance(0);
    expect(await late).toEqual({ kind: 'origin', origin: current });
    answer();
    await ahead;
    const later = selector.find(headAt(20n), false, signal);
    expect(await later).toEqual({ kind: 'origin', origin: next });
    expect(asked).toEqual(['hash', 'number 1']);
  });

  it('takes no late answer that was asked for under an older L1 head', async () => {
    const answers: (() => void)[] = [];
    byNumber = (number) => {
      const block = blocks.get(number) ?? null;
      return new Promise((resolve) => answers.push(() => resolve(block)));
    };
    const before = selector.prefetch(headAt(20n), signal);
    await clock.flush();
    l1Head = hashOf('second');
    blocks.set(1n, l1Block(1n, 'other'));
    const after = selector.prefetch(headAt(20n), signal);
    await clock.flush();
    answers[1]?.();
    answers[0]?.();
    await Promise.all([before, after]);
    expect(await selector.find(headAt(20n), false, signal)).toMatchObject({ kind: 'conflict' });
  });

  it('waits for a slow L1 once the drift is used up, and tells its failure', async () => {
    const late = headAt(TEST_ROLLUP.maxSequencerDrift + TEST_ROLLUP.blockTime);
    byNumber = async (number) => {
      await clock.sleep(3_000, signal);
      return blocks.get(number) ?? null;
    };
    const slow = selector.find(late, false, signal);
    await clock.advance(500);
    await clock.advance(3_000);
    expect(await slow).toEqual({ kind: 'origin', origin: next });
    byNumber = async () => Promise.reject(failure);
    l1Head = hashOf('second');
    await expect(selector.find(late, false, signal)).rejects.toBe(failure);
  });

  it('in recover mode goes on like any sequencer once L1 says that there is no next block', async () => {
    blocks.delete(1n);
    expect(await selector.find(headAt(20n), true, signal)).toEqual({
      kind: 'origin',
      origin: current,
    });
  });

  it('leaves failures of looking ahead to the block that is due', async () => {
    byNumber = async () => Promise.reject(failure);
    await expect(selector.prefetch(headAt(20n), signal)).resolves.toBeUndefined();
  });
});
