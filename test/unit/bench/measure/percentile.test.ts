import { describe, expect, it } from 'vitest';
import { percentile } from '../../../../bench/measure/percentile.js';

describe('a percentile', () => {
  it.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])('of 1 to 100 in any order, share %d, is %d', (share, want) => {
    const values = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1);
    expect(percentile(values, share)).toBe(want);
  });

  it('of nothing is not a number', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });
});
