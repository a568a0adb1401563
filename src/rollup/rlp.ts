import { Buffer } from 'node:buffer';

/** What RLP can carry: bytes, or a list of such values. */
export type RlpItem = Uint8Array | readonly RlpItem[];

const SHORT_STRING = 0x80;
const SHORT_LIST = 0xc0;
/** Payloads up to this many bytes carry their length in the prefix byte itself. */
const MAX_SHORT = 55;

/** Encodes by the yellow paper's appendix B. Integers must come without leading zero bytes. */
export function encodeRlp(item: RlpItem): Uint8Array {
  if (item instanceof Uint8Array) return encodeRlpString(item);
  return encodeRlpList(item.map(encodeRlp));
}

/** One byte string. */
export function encodeRlpString(bytes: Uint8Array): Uint8Array {
  const first = bytes[0];
  if (bytes.length === 1 && first !== undefined && first < SHORT_STRING) return bytes;
  return Buffer.concat([lengthPrefix(bytes.length, SHORT_STRING), bytes]);
}

/** A list whose members are encoded already. */
export function encodeRlpList(encoded: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const member of encoded) length += member.length;
  return Buffer.concat([lengthPrefix(length, SHORT_LIST), ...encoded]);
}

function lengthPrefix(length: number, offset: number): Uint8Array {
  if (length <= MAX_SHORT) return Uint8Array.of(offset + length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.of(offset + MAX_SHORT + bytes.length, ...bytes);
}
