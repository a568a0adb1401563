import { describe, expect, it } from 'vitest';
import {
  isoTime,
  SystemClock,
  TIMER_LATENESS,
  yieldToEventLoop,
} from '../../../src/runtime/clock.js';
import { countingSignal } from '../../support/countingSignal.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection } from '../../support/until.js';

const never = new AbortController().signal;

describe('SystemClock', () => {
  const clock = new SystemClock();

  it('reads the time of the system and a time that never goes back', () => {
    expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(1000);
    const before = clock.monotonicMs();
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(before);
  });

  it('sleeps at least as long as asked and leaves no listener', async () => {
    const counting = countingSignal();
    const before = clock.monotonicMs();
    await clock.sleep(15, counting.signal);
    expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(14);
    expect([counting.added(), counting.listeners()]).toEqual([1, 0]);
  });

  it('counts how late its timers were, those alone that fired', async () => {
    TIMER_LATENESS.take(() => undefined);
    clock.schedule(1, () => undefined)();
    for (let at = 0; at < 3; at++) await clock.sleep(1, never);
    const [count, min] = TIMER_LATENESS.take((late) => [late.count, late.min]);
    expect(count).toBe(3);
    expect(min).toBeGreaterThan(0);
    expect(TIMER_LATENESS.take((late) => late.count)).toBe(0);
  });

  it('keeps any number of them', () => {
    for (let at = 0; at < 1000; at++) TIMER_LATENESS.record(at - 1);
    const [count, min, max] = TIMER_LATENESS.take((late) => [late.count, late.min, late.max]);
    expect([count, min]).toEqual([1000, 1]);
    expect((max ?? 0) / 998e6).toBeCloseTo(1, 2);
  });

  it('wakes at once with ABORTED when the signal fires', async () => {
    const stop = new AbortController();
    const failed = rejection(clock.sleep(60_000, stop.signal));
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
  });

  it('does not run what was cancelled', async () => {
    let runs = 0;
    clock.schedule(1, () => runs++)();
    await clock.sleep(10, never);
    expect(runs).toBe(0);
  });

  it('does not fire a timer early that is longer than a timer can be', async () => {
    let runs = 0;
    const cancel = clock.schedule(2 ** 31 + 1000, () => runs++);
    await clock.sleep(20, never);
    cancel();
    expect(runs).toBe(0);
  });
});

describe('yieldToEventLoop', () => {
  it('lets sockets and timers have their turn', async () => {
    let ran = false;
    setImmediate(() => {
      ran = true;
    });
    await yieldToEventLoop();
    expect(ran).toBe(true);
  });
});

describe('isoTime', () => {
  it('shows an instant in UTC with milliseconds', () => {
    expect(isoTime(1_704_067_200_123)).toBe('2024-01-01T00:00:00.123Z');
  });
});

describe('FakeClock', () => {
  it('runs timers in the order of their time and shows the time of each', async () => {
    const clock = new FakeClock();
    const ran: [string, number][] = [];
    clock.schedule(20, () => ran.push(['b', clock.monotonicMs()]));
    clock.schedule(10, () => ran.push(['a', clock.monotonicMs()]));
    clock.schedule(20, () => ran.push(['c', clock.monotonicMs()]));
    await clock.advance(20);
    expect(ran).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 20],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('runs timers that timers make on the way', async () => {
    const clock = new FakeClock();
    const ran: number[] = [];
    const loop = (async () => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10, never);
        ran.push(clock.monotonicMs());
      }
    })();
    await clock.advance(30);
    await loop;
    expect(ran).toEqual([10, 20, 30]);
  });

  it('moves both times and tells when the next timer is due', async () => {
    const clock = new FakeClock(5000);
    expect(clock.nextTimerInMs).toBeNull();
    clock.schedule(70, () => undefined);
    await clock.advance(30);
    expect([clock.nowMs(), clock.monotonicMs(), clock.nextTimerInMs]).toEqual([5030, 30, 40]);
  });

  it('takes an aborted sleep out of its timers', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const failed = rejection(clock.sleep(10, stop.signal));
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    expect(clock.pendingTimers).toBe(0);
  });
});
