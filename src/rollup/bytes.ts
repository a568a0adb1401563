import { Buffer } from 'node:buffer';
import type { Hex } from 'viem';

/** Characters that are decoded at once: Node.js copies them first, two bytes each. */
const PART_LENGTH = 16 * 1024;

/**
 * Decodes 0x-prefixed hex. Several times faster than a per-character decoder, which matters on full L1 blocks.
 * @param roomForMany where more than 8 KiB go.
 * @returns null when it is not an even number of hex digits behind `0x`.
 */
export function hexToBytes(
  hex: string,
  roomForMany: (bytes: number) => Buffer = Buffer.allocUnsafe,
): Uint8Array | null {
  if (hex.length % 2 !== 0 || !hex.startsWith('0x')) return null;
  const length = (hex.length - 2) / 2;
  if (hex.length > PART_LENGTH) return inParts(hex, roomForMany(length));
  const bytes = Buffer.from(hex.slice(2), 'hex');
  // Buffer stops at the first character that is no hex digit instead of refusing.
  return bytes.length === length ? bytes : null;
}

function inParts(hex: string, bytes: Buffer): Buffer | null {
  let end = 0;
  for (let at = 2; at < hex.length; at += PART_LENGTH) {
    end += bytes.write(hex.slice(at, at + PART_LENGTH), end, 'hex');
  }
  return end === bytes.length ? bytes : null;
}

/** Lower-case hex with 0x. */
export function bytesToHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** Big-endian without leading zero bytes; zero gives no bytes at all, as RLP wants its integers. */
export function bigintToBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

/** Big-endian in exactly `length` bytes. The value must fit; a larger one loses its high bytes. */
export function bigintToFixedBytes(value: bigint, length: number): Uint8Array {
  return Buffer.from(
    BigInt.asUintN(length * 8, value)
      .toString(16)
      .padStart(length * 2, '0'),
    'hex',
  );
}

/** Reads all bytes as one big-endian unsigned integer; no bytes give zero. */
export function bytesToBigint(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(bytesToHex(bytes));
}
