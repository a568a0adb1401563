import { Buffer } from 'node:buffer';
import { keccak256 } from 'viem/utils';
import { describe, expect, it } from 'vitest';
import { keccak, keccakHash, slicedKeccak } from '../../../src/rollup/keccak.js';
import { whole } from '../../../src/rollup/slices.js';
import { seededRandom } from '../../support/seededRandom.js';

const SIZES = [0, 1, 31, 32, 135, 136, 137, 271, 272, 1_000, 262_143, 262_144, 262_145, 1_048_577];

function bytesOf(length: number): Buffer {
  const random = seededRandom(length);
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
}

describe('keccak256', () => {
  it.each(SIZES)('of %d bytes is that of another implementation', (length) => {
    const bytes = bytesOf(length);
    const expected = keccak256(bytes);
    expect(keccakHash(bytes)).toBe(expected);
    expect(keccakHash(`0x${bytes.toString('hex')}`)).toBe(expected);
    expect(Buffer.from(whole(slicedKeccak(bytes))).toString('hex')).toBe(expected.slice(2));
  });

  it('in slices is not disturbed by what is hashed between two of them', () => {
    const [one, two] = [bytesOf(1_048_577), bytesOf(900_000)];
    const running = [slicedKeccak(one), slicedKeccak(two)];
    const hashes: (Uint8Array | undefined)[] = [undefined, undefined];
    while (hashes.includes(undefined)) {
      for (const [index, sliced] of running.entries()) {
        const step = sliced.next();
        if (step.done === true && hashes[index] === undefined) hashes[index] = step.value;
        keccak(Buffer.of(index));
      }
    }
    expect(hashes).toEqual([keccak256(one, 'bytes'), keccak256(two, 'bytes')]);
  });

  it('gives memory of its own', () => {
    const first = keccak(Buffer.of(1));
    keccak(Buffer.of(2));
    expect(first).toEqual(keccak256(Buffer.of(1), 'bytes'));
  });

  it('is of bytes', () => {
    expect(() => keccakHash('0x123')).toThrow(RangeError);
  });
});
