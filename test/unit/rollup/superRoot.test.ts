import { keccak256 } from 'viem';
import { describe, expect, it } from 'vitest';
import { superRootV1 } from '../../../src/rollup/superRoot.js';

describe('superRootV1', () => {
  it('hashes version, time, chain id and output root', () => {
    const output = `0x${'ab'.repeat(32)}` as const;
    const bytes = `01${'0000000065f0a1b2'}${'0a'.padStart(64, '0')}${'ab'.repeat(32)}`;
    expect(superRootV1(0x65f0a1b2n, 10n, output)).toBe(keccak256(`0x${bytes}`));
  });
});
