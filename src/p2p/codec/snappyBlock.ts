import { Buffer } from 'node:buffer';
import { compressSync, uncompressSync } from 'snappy';
import { malformed } from './malformed.js';

/** Snappy's block format: a length, then the compressed data. Gossip messages are such blocks. */

/** Go reads lengths of up to ten bytes, our decoder of up to five. */
const MAX_LENGTH_BYTES = 10;
const MAX_SHORT_LENGTH_BYTES = 5;
const MAX_UINT32 = 0xffff_ffff;

interface ClaimedLength {
  /** Bytes after decompression. */
  readonly length: number;
  /** Bytes that say so. */
  readonly headerBytes: number;
}

/**
 * The decompressed length that a block claims. Nothing is decompressed.
 * @returns null when the block does not start with a length of 32 bits. golang/snappy `decode.go` decodedLen.
 */
export function claimedLength(block: Uint8Array): ClaimedLength | null {
  let length = 0;
  for (let index = 0; index < MAX_LENGTH_BYTES; index++) {
    const byte = block[index];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return length > MAX_UINT32 ? null : { length, headerBytes: index + 1 };
  }
  return null;
}

/** @param maxBytes a block that claims more is refused before anything is decompressed. @throws NodeError P2P_MALFORMED. */
export function decompressBlock(block: Uint8Array, maxBytes: number): Uint8Array {
  const claimed = claimedLength(block);
  if (claimed === null) throw malformed('compressed block has no length');
  const { length, headerBytes } = claimed;
  if (length > maxBytes) throw malformed('compressed block is too long', { length, maxBytes });
  const isPadded = headerBytes > MAX_SHORT_LENGTH_BYTES;
  const readable = isPadded ? withShortLength(block, claimed) : block;
  try {
    // The package's own memory would be given back a turn of the event loop after its collection: too late in a flood.
    return bytesOf(uncompressSync(readable, { copyOutputData: true }));
  } catch (cause) {
    throw malformed('compressed block cannot be decompressed', { cause });
  }
}

/** The block with its length in as many bytes as it needs. */
function withShortLength(block: Uint8Array, { length, headerBytes }: ClaimedLength): Uint8Array {
  const header: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) header.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Uint8Array.of(...header, rest), block.subarray(headerBytes)]);
}

export function compressBlock(data: Uint8Array): Uint8Array {
  return compressSync(data);
}

/** The package gives text only where it is asked for. */
function bytesOf(output: string | Buffer): Uint8Array {
  return typeof output === 'string' ? Buffer.from(output, 'latin1') : output;
}
