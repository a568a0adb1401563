import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../../../src/transport/rateLimiter.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection } from '../../support/until.js';

const never = new AbortController().signal;

function setUp(requestsPerSecond: number, burst: number) {
  const clock = new FakeClock();
  const limiter = new RateLimiter({ requestsPerSecond, burst }, { clock });
  const passed: number[] = [];
  const take = async (count: number) => {
    await limiter.take(count, never);
    passed.push(clock.monotonicMs());
  };
  return { clock, limiter, passed, take };
}

describe('RateLimiter', () => {
  it('lets a burst pass, then one at a time at the rate, in order', async () => {
    const { clock, passed, take } = setUp(10, 3);
    for (let i = 0; i < 6; i++) void take(1);
    await clock.advance(1000);
    expect(passed).toEqual([0, 0, 0, 100, 200, 300]);
  });

  it('saves up no more than the burst', async () => {
    const { clock, passed, take } = setUp(10, 2);
    await clock.advance(60_000);
    for (let i = 0; i < 3; i++) void take(1);
    await clock.advance(100);
    expect(passed).toEqual([60_000, 60_000, 60_100]);
  });

  it('lets more than the burst pass as a full burst instead of never', async () => {
    const { clock, passed, take } = setUp(10, 2);
    void take(50);
    void take(1);
    await clock.advance(100);
    expect(passed).toEqual([0, 100]);
  });

  it('gives the tokens back when the caller stops waiting', async () => {
    const { clock, limiter, passed, take } = setUp(10, 1);
    await take(1);
    const stop = new AbortController();
    const failed = rejection(limiter.take(1, stop.signal));
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    void take(1);
    await clock.advance(100);
    expect(passed).toEqual([0, 100]);
    expect(clock.pendingTimers).toBe(0);
  });
});
