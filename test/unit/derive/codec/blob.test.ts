import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBlob } from '../../../../devnet/batcher/blobs.js';
import { BLOB_SIZE, decodeBlob, MAX_BLOB_DATA } from '../../../../src/derive/codec/blob.js';

const filled = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + 7) & 0xff);
const changed = (at: number, byte: number, length = 1000) => {
  const blob = encodeBlob(filled(length));
  blob[at] = byte;
  return blob;
};

describe('decodeBlob', () => {
  it('reads back data of every length around the rounds', () => {
    for (const length of [
      0,
      1,
      26,
      27,
      28,
      122,
      123,
      124,
      250,
      251,
      MAX_BLOB_DATA - 1,
      MAX_BLOB_DATA,
    ]) {
      expect(decodeBlob(encodeBlob(filled(length)))).toEqual(filled(length));
    }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), (length) => {
        expect(decodeBlob(encodeBlob(filled(length)))).toEqual(filled(length));
      }),
      { numRuns: 50 },
    );
  });

  it('encodes to field elements below the modulus', () => {
    const blob = encodeBlob(new Uint8Array(MAX_BLOB_DATA).fill(0xff));
    for (let at = 0; at < BLOB_SIZE; at += 32) expect((blob[at] ?? 0) & 0xc0).toBe(0);
  });

  it.each([
    ['another version', changed(1, 1)],
    ['a length over the maximum', changed(2, 2)],
    ['a high bit in an element of the first round', changed(32, 0x40)],
    ['a high bit in a later element', changed(128 * 3, 0x80)],
    ['anything behind the last round', changed(BLOB_SIZE - 1, 1)],
    ['anything behind the data in its round', changed(128 * 8 - 1, 1)],
    ['another size', new Uint8Array(BLOB_SIZE - 1)],
  ])('refuses %s', (_, blob) => {
    expect(decodeBlob(blob)).toBeNull();
  });

  it('does not look at the high bits of the very first byte', () => {
    const blob = encodeBlob(filled(50));
    blob[0] = (blob[0] ?? 0) | 0x40;
    expect(decodeBlob(blob)).toEqual(filled(50));
  });

  it('refuses to encode more than fits', () => {
    expect(() => encodeBlob(new Uint8Array(MAX_BLOB_DATA + 1))).toThrow(RangeError);
  });
});
