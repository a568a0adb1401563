import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGoDuration, parseGoDuration } from '../../../config/goDuration.js';

describe('parseGoDuration', () => {
  it.each([
    ['0', 0],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['1h0m0.5s', 3_600_500],
    ['1.5s', 1_500],
    ['.5s', 500],
    ['-2s', -2_000],
    ['+2s', 2_000],
    ['10us', 0.01],
    ['10µs', 0.01],
    ['10μs', 0.01],
    ['1000ns', 0.001],
  ])('reads %s', (text, ms) => {
    expect(parseGoDuration(text)).toBeCloseTo(ms, 9);
  });

  it.each(['', '-', '5', '1d', 's', '1h 2m', '1.2.3s', '1s!', 'x1s', '1 s', '--1s'])(
    'refuses %j',
    (text) => {
      expect(parseGoDuration(text)).toBeNull();
    },
  );
});

describe('formatGoDuration', () => {
  it.each([
    [0, '0s'],
    [50, '50ms'],
    [1_500, '1.5s'],
    [60_000, '1m0s'],
    [384_000, '6m24s'],
    [43_200_000, '12h0m0s'],
    [-1_000, '-1s'],
    [0.5, '500µs'],
    [0.0005, '500ns'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatGoDuration(ms)).toBe(text);
  });

  it('is read back as it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (ms) => {
        expect(parseGoDuration(formatGoDuration(ms))).toBeCloseTo(ms, 3);
      }),
      { seed: 1 },
    );
  });
});
