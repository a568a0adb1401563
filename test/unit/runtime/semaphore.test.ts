import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../../src/runtime/semaphore.js';
import { countingSignal } from '../../support/countingSignal.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection } from '../../support/until.js';

const never = new AbortController().signal;

describe('Semaphore', () => {
  it('lets no more in than it has permits, first come, first served', async () => {
    const semaphore = new Semaphore(2);
    const entered: number[] = [];
    const releases = [1, 2, 3, 4].map(async (n) => {
      const release = await semaphore.acquire(never);
      entered.push(n);
      return release;
    });
    await new FakeClock().flush();
    expect(entered).toEqual([1, 2]);
    (await releases[1])?.();
    await new FakeClock().flush();
    expect(entered).toEqual([1, 2, 3]);
    (await releases[0])?.();
    await new FakeClock().flush();
    expect(entered).toEqual([1, 2, 3, 4]);
  });

  it('takes a permit back only once', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire(never);
    release();
    release();
    await semaphore.acquire(never);
    let isIn = false;
    void semaphore.acquire(never).then(() => {
      isIn = true;
    });
    await new FakeClock().flush();
    expect(isIn).toBe(false);
  });

  it('takes a waiter out of the line when its signal fires, and leaves no listener', async () => {
    const semaphore = new Semaphore(1);
    const counting = countingSignal();
    const release = await semaphore.acquire(counting.signal);
    const stop = new AbortController();
    const failed = rejection(semaphore.acquire(stop.signal));
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    const next = semaphore.acquire(counting.signal);
    release();
    (await next)();
    expect([counting.added(), counting.listeners()]).toEqual([1, 0]);
  });

  it('never waits with endless permits', async () => {
    const semaphore = new Semaphore(Number.POSITIVE_INFINITY);
    const all = Array.from({ length: 100 }, () => semaphore.acquire(never));
    expect(await Promise.all(all)).toHaveLength(100);
  });
});
