import { beforeEach, describe, expect, it } from 'vitest';
import { PayloadQueue, payloadMemBytes } from '../../../src/engine/payloadQueue.js';
import type { Hash, L2BlockRef } from '../../../src/types/block.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { GENESIS_REF, makeBlock, makeChain } from '../../support/l2Chain.js';

const chain = makeChain(GENESIS_REF, 10);
const block = (number: number) => chain[number - 1] as (typeof chain)[number];
const SIZE = payloadMemBytes(block(1).envelope);

let log: FakeLogger;
let queue: PayloadQueue;
let gone: Hash[];
beforeEach(() => {
  log = new FakeLogger();
  gone = [];
  queue = new PayloadQueue({ maxBytes: 3 * SIZE }, { log, onGone: (hash) => gone.push(hash) });
});

const push = (...numbers: number[]) => numbers.map((n) => queue.push(block(n).envelope));
const drain = (): bigint[] => {
  const numbers: bigint[] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    numbers.push(next.executionPayload.blockNumber);
  }
  return numbers;
};
const heads = (unsafe: L2BlockRef, safe: L2BlockRef = GENESIS_REF) => ({ unsafe, safe });

describe('payload queue', () => {
  it('counts memory by the formula of op-node', () => {
    const tx = `0x02${'ab'.repeat(99)}` as const;
    const withTx = makeBlock(GENESIS_REF, { transactions: [tx] });
    expect(payloadMemBytes(withTx.envelope) - SIZE).toBe(100 + 24);
    const info = block(1).envelope.executionPayload.transactions[0] as string;
    expect(SIZE).toBe(1000 + 24 + (info.length - 2) / 2);
  });

  it('gives payloads back by number, whatever order they came in', () => {
    expect(push(3, 1, 2)).toEqual(['queued', 'queued', 'queued']);
    expect(queue.memBytes).toBe(3 * SIZE);
    expect(drain()).toEqual([1n, 2n, 3n]);
    expect(queue.memBytes).toBe(0);
  });

  it('holds two blocks of one number, but no block twice', () => {
    const twin = makeBlock(GENESIS_REF, { fork: 'twin' });
    push(1);
    expect(queue.push(twin.envelope)).toBe('queued');
    expect(push(1)).toEqual(['duplicate']);
    expect(queue.length).toBe(2);
    queue.pop();
    expect(push(1)).toEqual(['queued']);
  });

  it('drops the lowest numbers beyond its memory', () => {
    push(2, 3, 4);
    expect(push(5)).toEqual(['queued']);
    expect(queue.memBytes).toBe(3 * SIZE);
    expect(push(1)).toEqual(['evicted']);
    expect(drain()).toEqual([3n, 4n, 5n]);
    expect(log.messages('info')).toHaveLength(2);
  });

  it('refuses a payload larger than all of it', () => {
    const small = new PayloadQueue({ maxBytes: SIZE - 1 }, { log, onGone: () => undefined });
    expect(small.push(block(1).envelope)).toBe('tooLarge');
    expect(small.length).toBe(0);
  });

  it('drops what is at or below the heads, and the head itself', () => {
    push(2, 3, 4);
    queue.dropInapplicable(heads(block(3).ref, block(2).ref));
    expect(drain()).toEqual([4n]);
    expect(log.messages('info')).toEqual([
      'skipping unsafe payload, since it is older than safe head',
    ]);
    push(1, 2);
    queue.dropInapplicable(heads(block(5).ref));
    expect(queue.length).toBe(0);
    expect(log.messages('info').slice(1)).toEqual(
      Array(2).fill('skipping unsafe payload, since it is older than unsafe head'),
    );
  });

  it('drops another block of the height of the unsafe head', () => {
    const twin = makeBlock(block(2).ref, { fork: 'twin' });
    queue.push(twin.envelope);
    queue.dropInapplicable(heads(block(3).ref));
    expect(queue.length).toBe(0);
    expect(log.messages('info')).toEqual([
      'skipping unsafe payload, since it is older than unsafe head',
    ]);
  });

  it('drops the next block when its parent is another, and keeps what is beyond a gap', () => {
    const fork = makeBlock(GENESIS_REF, { fork: 'other' });
    queue.push(makeBlock(fork.ref).envelope);
    push(4);
    queue.dropInapplicable(heads(block(1).ref));
    expect(drain()).toEqual([4n]);
    expect(log.messages('info')).toEqual([
      'skipping unsafe payload, since it does not build onto the existing unsafe chain',
    ]);
  });

  it('drops a block that the engine can never take, wherever it waits', () => {
    push(1, 2);
    queue.drop(block(2).ref.hash);
    expect(gone).toEqual([block(2).ref.hash]);
    expect(drain()).toEqual([1n]);
    expect(queue.memBytes).toBe(0);
    queue.drop(block(1).ref.hash);
    expect(queue.length).toBe(0);
  });

  it('has a block that fails for now give way to others of its number, and counts that', () => {
    const twin = makeBlock(block(1).ref, { fork: 'twin' });
    push(2, 3);
    queue.push(twin.envelope);
    expect(queue.giveWay(block(2).ref.hash)).toBe(1);
    expect(queue.peek()).toEqual(twin.envelope);
    expect(queue.giveWay(twin.ref.hash)).toBe(1);
    expect(queue.giveWay(block(2).ref.hash)).toBe(2);
    expect(queue.giveWay(block(9).ref.hash)).toBe(0);
    expect(queue.push(twin.envelope)).toBe('duplicate');
    expect(drain()).toEqual([2n, 2n, 3n]);
  });
});
