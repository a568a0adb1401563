import { describe, expect, it } from 'vitest';
import { syncStatusOf } from '../../../../bench/rigs/recordedRpc.js';
import type { FeedName } from '../../../../src/rpc/ws/feeds.js';
import { StatusFeed, type Subscription } from '../../../../src/rpc/ws/statusFeed.js';
import { WatchCell } from '../../../../src/runtime/watch.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { recordedWorld } from '../../../support/rpcServer.js';

const STATUS = syncStatusOf(recordedWorld('forks').followStatus);

function setup() {
  const clock = new FakeClock();
  const status = new WatchCell(STATUS);
  const stop = new AbortController();
  const log = new FakeLogger();
  const feed = new StatusFeed({ status, stopped: stop.signal, clock, log });
  return { clock, status, stop, log, feed };
}

function subscription(feed: FeedName, id = '"0x1"'): Subscription {
  return { id, feed, method: 'optimism_subscription', isToldNow: false, isBehind: false };
}

/** Notes each event that it is told of. */
function listener(feed: StatusFeed, told: Buffer[] = []) {
  return { told, tell: (one: Subscription) => void told.push(feed.event(one)) };
}

describe('telling subscribers', () => {
  it('writes a change once: the same bytes for all of one id', async () => {
    const { clock, status, feed } = setup();
    const all = Array.from({ length: 1_000 }, () => listener(feed));
    for (const one of all) feed.add(subscription('syncStatus'), one);
    status.set({ ...STATUS, safeL2: { ...STATUS.safeL2, number: 7n } });
    for (let turn = 0; turn < 20; turn += 1) await clock.flush();
    const events = all.map(({ told }) => told[0]);
    expect(all.every(({ told }) => told.length === 1)).toBe(true);
    expect(new Set(events).size).toBe(1);
    expect(JSON.parse(String(events[0]))).toMatchObject({
      params: { subscription: '0x1', result: { safe_l2: { number: 7 } } },
    });
  });

  it('does nothing without subscribers, and stops with the last of them', async () => {
    const { clock, status, feed } = setup();
    expect(clock.pendingTimers).toBe(0);
    const one = subscription('safeHead');
    const { told, tell } = listener(feed);
    feed.add(one, { tell });
    status.set({ ...STATUS, safeL2: { ...STATUS.safeL2, number: 7n } });
    await clock.flush();
    expect(told).toHaveLength(1);
    feed.remove(one);
    await clock.flush();
    expect(clock.pendingTimers).toBe(0);
    status.set(STATUS);
    await clock.flush();
    expect(told).toHaveLength(1);
  });

  it('misses no change between the last subscriber and the next', async () => {
    const { clock, status, feed } = setup();
    const one = subscription('safeHead');
    feed.add(one, listener(feed));
    await clock.flush();
    feed.remove(one);
    const { told, tell } = listener(feed);
    feed.add(subscription('safeHead'), { tell });
    status.set({ ...STATUS, safeL2: { ...STATUS.safeL2, number: 9n } });
    await clock.advance(10);
    expect(told.map(String)).toEqual([expect.stringContaining('"number":9')]);
  });

  it('does not tell of what is the same', async () => {
    const { clock, status, feed } = setup();
    const { told, tell } = listener(feed);
    feed.add(subscription('safeHead'), { tell });
    status.set({ ...STATUS, unsafeL2: { ...STATUS.unsafeL2, number: 9n } });
    await clock.advance(100);
    status.set({ ...STATUS });
    await clock.advance(100);
    expect(told).toEqual([]);
  });

  it('rests between rounds, and then tells the newest', async () => {
    const { clock, status, feed } = setup();
    const { told, tell } = listener(feed);
    feed.add(subscription('safeHead'), { tell });
    for (let number = 1n; number <= 100n; number += 1n) {
      status.set({ ...STATUS, safeL2: { ...STATUS.safeL2, number } });
      await clock.advance(1);
    }
    await clock.advance(10);
    expect(told).toHaveLength(11);
    expect(String(told.at(-1))).toContain('"number":100');
  });

  it('ends with the server', async () => {
    const { clock, stop, feed, log } = setup();
    feed.add(subscription('safeHead'), listener(feed));
    await clock.flush();
    stop.abort();
    await clock.flush();
    expect(clock.pendingTimers).toBe(0);
    expect(log.lines).toEqual([]);
  });
});
