import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff, backoffDelayMs, DEFAULT_BACKOFF } from '../../../src/runtime/backoff.js';

describe('backoffDelayMs', () => {
  it('grows by the factor up to the bound', () => {
    const options = { initialMs: 100, maxMs: 500, factor: 2, jitter: 0 };
    const delays = [0, 1, 2, 3, 50].map((attempt) => backoffDelayMs(options, attempt, () => 0.9));
    expect(delays).toEqual([100, 200, 400, 500, 500]);
  });

  it('is shortened by at most the share of jitter', () => {
    const options = { initialMs: 1000, maxMs: 1000, factor: 2, jitter: 0.25 };
    expect(backoffDelayMs(options, 0, () => 0)).toBe(1000);
    expect(backoffDelayMs(options, 0, () => 0.5)).toBe(875);
  });

  it('never exceeds the bound nor falls below the unjittered half, for any attempt', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, r) => {
        const delay = backoffDelayMs(DEFAULT_BACKOFF, attempt, () => r);
        const full = Math.min(10_000, 100 * 2 ** attempt);
        expect(delay).toBeLessThanOrEqual(full);
        expect(delay).toBeGreaterThanOrEqual(full / 2);
      }),
      { seed: 7 },
    );
  });
});

describe('Backoff', () => {
  it('counts failures in a row and begins again after a success', () => {
    const backoff = new Backoff({ initialMs: 10, maxMs: 1000, factor: 3, jitter: 0 }, () => 0);
    expect([backoff.nextDelayMs(), backoff.nextDelayMs(), backoff.attempts]).toEqual([10, 30, 2]);
    backoff.reset();
    expect([backoff.attempts, backoff.nextDelayMs()]).toEqual([0, 10]);
  });
});
