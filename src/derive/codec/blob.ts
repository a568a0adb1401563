import { Buffer } from 'node:buffer';

/** Bytes of a blob: 4096 field elements of 32. */
export const BLOB_SIZE = 131_072;
/** Most bytes of data in a blob: 127 for each 4 field elements, without version and length. */
export const MAX_BLOB_DATA = 130_044;

const ENCODING_VERSION = 0;
const VERSION_OFFSET = 1;
/** Field elements are taken four at a time: their 31 lower bytes each, and 6 bits of each first byte. */
const ROUND_BLOB_BYTES = 128;
const ROUND_DATA_BYTES = 127;
/** Version and length take the data's place in the first field element. */
const HEADER_BYTES = 4;
const UNUSABLE_BITS = 0xc0;
const ZEROS = Buffer.alloc(BLOB_SIZE);

/**
 * The batcher data in a blob. Layout: of each 32-byte field element the lower 31 bytes are data; the first bytes of four
 * elements carry 6 bits each, 3 more bytes of data. The first element has version (0) and length (u24 BE) in front.
 * @param blob 131072 bytes, not retained.
 * @returns null when malformed: another version or length, a high bit set, or anything but zeros behind the data.
 * Spec: protocol/derivation, "Blob Encoding"; op-node `op-service/eth/blob.go`.
 */
export function decodeBlob(blob: Uint8Array): Uint8Array | null {
  if (blob.length !== BLOB_SIZE || blob[VERSION_OFFSET] !== ENCODING_VERSION) return null;
  const length = (at(blob, 2) << 16) | (at(blob, 3) << 8) | at(blob, 4);
  if (length > MAX_BLOB_DATA) return null;
  const rounds = Math.max(1, Math.ceil((length + HEADER_BYTES) / ROUND_DATA_BYTES));
  // Worked on in a copy, where each round moves to the left: a blob may lie where V8 reads single bytes slowly.
  const output = new Uint8Array(rounds * ROUND_BLOB_BYTES);
  output.set(blob.subarray(0, output.length));
  for (let round = 0; round < rounds; round++) {
    if (!decodeRound(output, round)) return null;
  }
  const rest = Buffer.from(
    blob.buffer,
    blob.byteOffset + rounds * ROUND_BLOB_BYTES,
    blob.length - rounds * ROUND_BLOB_BYTES,
  );
  const end = HEADER_BYTES + length;
  const padding = Buffer.from(output.buffer, end, rounds * ROUND_DATA_BYTES - end);
  if (!isZero(rest) || !isZero(padding)) return null;
  return output.subarray(HEADER_BYTES, end);
}

function decodeRound(bytes: Uint8Array, round: number): boolean {
  const source = round * ROUND_BLOB_BYTES;
  const target = round * ROUND_DATA_BYTES;
  const a = at(bytes, source);
  const b = at(bytes, source + 32);
  const c = at(bytes, source + 64);
  const d = at(bytes, source + 96);
  // op-node does not look at the high bits of the very first byte.
  const checked = (round === 0 ? 0 : a) | b | c | d;
  if ((checked & UNUSABLE_BITS) !== 0) return false;
  // The bytes between the elements land where the three reassembled ones belong.
  bytes.copyWithin(target, source + 1, source + ROUND_BLOB_BYTES);
  bytes[target + 31] = (a & 0x3f) | ((b & 0x30) << 2);
  bytes[target + 63] = (b & 0x0f) | ((d & 0x0f) << 4);
  bytes[target + 95] = (c & 0x3f) | ((d & 0x30) << 2);
  return true;
}

function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROS.subarray(0, bytes.length));
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
