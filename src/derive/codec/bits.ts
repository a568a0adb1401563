import type { ByteReader } from './byteReader.js';
import { malformed } from './byteReader.js';

/** A bit list as a big-endian integer in the fewest whole bytes; bit 0 is the lowest of the last byte. */
export type Bits = Uint8Array;

/** Reads a list of that many bits. Bits above the count must be zero. Gives up like the reader. */
export function readBits(reader: ByteReader, count: number): Bits {
  const bytes = reader.take(Math.ceil(count / 8));
  const used = count % 8;
  if (used !== 0 && (bytes[0] ?? 0) >> used !== 0) malformed('bits beyond the count');
  return bytes;
}

export function bitAt(bits: Bits, index: number): boolean {
  const byte = bits[bits.length - 1 - (index >> 3)] ?? 0;
  return ((byte >> (index & 7)) & 1) === 1;
}

/** How many bits are set. */
export function countBits(bits: Bits): number {
  let count = 0;
  for (let byte of bits) {
    for (; byte !== 0; byte &= byte - 1) count++;
  }
  return count;
}
