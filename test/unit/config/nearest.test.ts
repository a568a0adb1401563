import { describe, expect, it } from 'vitest';
import { nearest, nearestFlag } from '../../../config/nearest.js';

describe('nearestFlag', () => {
  it('finds a name at most two edits away', () => {
    expect(nearestFlag('rpc.prot')).toBe('rpc.port');
    expect(nearestFlag('l2.jwt-secre')).toBe('l2.jwt-secret');
    expect(nearestFlag('something')).toBeNull();
  });
});

describe('nearest', () => {
  it('prefers the fewest edits, and looks at no name that is too long or too short', () => {
    expect(nearest('jovian_tiem', ['jovial_tiem', 'jovian_time'])).toBe('jovial_tiem');
    expect(nearest('ab', ['abcde'])).toBeNull();
    expect(nearest('a'.repeat(10_000_000), ['a', 'b'])).toBeNull();
    expect(nearest('a', [])).toBeNull();
  });
});
