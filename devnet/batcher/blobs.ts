import { BLOB_SIZE, MAX_BLOB_DATA } from '../../src/derive/codec/blob.js';

const ROUND_DATA_BYTES = 127;
const ROUND_BLOB_BYTES = 128;

/**
 * Puts batcher data into a blob; the inverse of `decodeBlob`.
 * @param data at most 130044 bytes. @throws RangeError when longer.
 */
export function encodeBlob(data: Uint8Array): Uint8Array {
  if (data.length > MAX_BLOB_DATA) throw new RangeError(`blob data of ${data.length} bytes`);
  const padded = new Uint8Array(1024 * ROUND_DATA_BYTES);
  padded.set([0, data.length >> 16, (data.length >> 8) & 0xff, data.length & 0xff]);
  padded.set(data, 4);
  const blob = new Uint8Array(BLOB_SIZE);
  for (let round = 0; round < 1024; round++) {
    const source = padded.subarray(round * ROUND_DATA_BYTES, (round + 1) * ROUND_DATA_BYTES);
    const target = round * ROUND_BLOB_BYTES;
    const [x = 0, y = 0, z = 0] = [source[31], source[63], source[95]];
    blob.set(source, target + 1);
    blob[target] = x & 0x3f;
    blob[target + 32] = (y & 0x0f) | ((x & 0xc0) >> 2);
    blob[target + 64] = z & 0x3f;
    blob[target + 96] = ((z & 0xc0) >> 2) | ((y & 0xf0) >> 4);
  }
  return blob;
}
