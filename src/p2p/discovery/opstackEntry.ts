/** The entry of a node record by which nodes of a chain find each other. Its only version. */
const VERSION = 0n;
/** Key of the entry. */
export const OPSTACK_KEY = 'opstack';
/** Bytes of the longest number of 64 bits. */
const MAX_VARINT_BYTES = 10;

/** The entry's value: chain id and version, as unsigned varints. op-node `op-node/p2p/discovery.go` OpStackENRData. */
export function encodeOpstackEntry(chainId: bigint): Uint8Array {
  return Uint8Array.from([...encodeVarint(chainId), ...encodeVarint(VERSION)]);
}

/** The chain id; null for another version, or what is none. What follows the two numbers is ignored, as op-node does. */
export function decodeOpstackEntry(bytes: Uint8Array): bigint | null {
  const chainId = decodeVarint(bytes);
  if (chainId === null) return null;
  const version = decodeVarint(bytes.subarray(chainId.length));
  return version?.value === VERSION ? chainId.value : null;
}

function encodeVarint(number: bigint): number[] {
  const bytes: number[] = [];
  let rest = number;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

function decodeVarint(
  bytes: Uint8Array,
): { readonly value: bigint; readonly length: number } | null {
  let value = 0n;
  for (const [index, byte] of bytes.subarray(0, MAX_VARINT_BYTES).entries()) {
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return value < 1n << 64n ? { value, length: index + 1 } : null;
  }
  return null;
}
