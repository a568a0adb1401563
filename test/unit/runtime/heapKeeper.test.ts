import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { yieldToEventLoop } from '../../../src/runtime/clock.js';
import { type Heap, keepHeapSmall } from '../../../src/runtime/heapKeeper.js';
import { v8Heap } from '../../../src/runtime/v8Heap.js';
import { FakeClock } from '../../support/fakeClock.js';

const MIB = 1024 ** 2;
const LOOK_MS = 10_000;
const REST_MS = 20_000;

/** A heap of which 20 MiB are in use. */
class FakeHeap implements Heap {
  total = 20 * MIB;
  busy = 0;
  collections = 0;
  totalBytes = (): number => this.total;
  busyShare = (): number => this.busy;
  collect = (): void => {
    this.collections += 1;
    this.total = 20 * MIB;
  };
}

describe('keepHeapSmall', () => {
  const clock = new FakeClock();
  let heap: FakeHeap;
  let stop: AbortController;
  let ended: Promise<void>;

  beforeEach(() => {
    heap = new FakeHeap();
    stop = new AbortController();
    ended = keepHeapSmall(heap, clock, stop.signal);
  });
  afterEach(async () => {
    stop.abort();
    await ended;
    expect(clock.pendingTimers).toBe(0);
  });

  it('collects what a load has left once the node is quiet', async () => {
    await clock.advance(LOOK_MS);
    Object.assign(heap, { total: 40 * MIB, busy: 0.9 });
    await clock.advance(3 * LOOK_MS);
    expect(heap.collections).toBe(0);
    heap.busy = 0.01;
    await clock.advance(LOOK_MS);
    expect(heap.collections).toBe(1);
  });

  it('collects what has come before the first look', async () => {
    heap.total = 38 * MIB;
    await clock.advance(LOOK_MS);
    expect(heap.collections).toBe(1);
  });

  it('leaves a heap alone that has hardly grown', async () => {
    await clock.advance(LOOK_MS);
    heap.total = 25 * MIB;
    await clock.advance(100 * LOOK_MS);
    expect(heap.collections).toBe(0);
  });

  it('measures growth from the least there was: V8 collects by itself as well', async () => {
    heap.total = 15 * MIB;
    await clock.advance(LOOK_MS);
    heap.total = 24 * MIB;
    await clock.advance(LOOK_MS);
    expect(heap.collections).toBe(1);
  });

  it('rests after a collection, also where it brought nothing', async () => {
    heap.collect = () => {
      heap.collections += 1;
    };
    heap.total = 40 * MIB;
    await clock.advance(LOOK_MS);
    expect(heap.collections).toBe(1);
    await clock.advance(10 * REST_MS);
    expect(heap.collections).toBe(1);
    heap.total = 50 * MIB;
    await clock.advance(LOOK_MS);
    heap.total = 60 * MIB;
    await clock.advance(REST_MS - 1);
    expect(heap.collections).toBe(2);
    await clock.advance(1);
    expect(heap.collections).toBe(3);
  });
});

describe('v8Heap', () => {
  it('collects garbage of this thread', async () => {
    const heap = v8Heap();
    const garbage = new WeakRef({});
    // What was made in a turn of the event loop is kept for the rest of it.
    await yieldToEventLoop();
    heap.collect();
    expect(garbage.deref()).toBeUndefined();
    expect(heap.totalBytes()).toBeGreaterThan(MIB);
  });

  it('counts buffers outside of it, so that they are collected too', () => {
    const heap = v8Heap();
    const before = heap.totalBytes();
    const buffer = Buffer.allocUnsafeSlow(64 * MIB);
    expect(heap.totalBytes() - before).toBeGreaterThan(buffer.length / 2);
  });

  it('tells how busy the event loop was', async () => {
    const heap = v8Heap();
    await yieldToEventLoop();
    const share = heap.busyShare();
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  });
});
