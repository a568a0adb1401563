import { Buffer } from 'node:buffer';
import crc32c from 'crc-32/crc32c.js';
import { compressSync } from 'snappy';
import { malformed } from './malformed.js';
import { decompressBlock } from './snappyBlock.js';

/** Snappy's stream format: chunks of at most 64 KiB, each with a checksum. Answers of request-response are such streams. */

const STREAM_ID = Buffer.from('ff060000734e61507059', 'hex');
const CHUNK = {
  compressed: 0x00,
  uncompressed: 0x01,
  firstSkippable: 0x80,
  streamId: 0xff,
} as const;
const CHUNK_HEAD_BYTES = 4;
const CHECKSUM_BYTES = 4;
const MAX_BLOCK_BYTES = 65_536;
/** The longest that a block of 64 KiB can become: golang/snappy `encode.go` MaxEncodedLen, and its checksum. */
const MAX_CHUNK_BYTES = 76_490 + CHECKSUM_BYTES;

/** The whole stream. Data that does not shrink by an eighth is stored as it is. */
export function encodeFrames(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [STREAM_ID];
  for (let start = 0; start < data.length; start += MAX_BLOCK_BYTES) {
    const block = data.subarray(start, start + MAX_BLOCK_BYTES);
    const compressed = compressSync(block);
    const isWorthIt = compressed.length < block.length - block.length / 8;
    const body = isWorthIt ? compressed : block;
    const head = Buffer.alloc(CHUNK_HEAD_BYTES + CHECKSUM_BYTES);
    head.writeUInt8(isWorthIt ? CHUNK.compressed : CHUNK.uncompressed);
    head.writeUIntLE(body.length + CHECKSUM_BYTES, 1, 3);
    head.writeUInt32LE(checksum(block), CHUNK_HEAD_BYTES);
    parts.push(head, body);
  }
  return Buffer.concat(parts);
}

/**
 * Reads a whole stream. @throws NodeError P2P_MALFORMED, also as soon as more than `maxBytes` would come out.
 * Spec: google/snappy `framing_format.txt`; golang/snappy `decode.go` Reader.
 */
export function decodeFrames(stream: Uint8Array, maxBytes: number): Uint8Array {
  const data = Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength);
  const blocks: Uint8Array[] = [];
  let length = 0;
  for (let at = 0; at < data.length; ) {
    const { type, body, end } = chunkAt(data, at);
    if (at === 0 && type !== CHUNK.streamId) throw malformed('stream has no start');
    const block = openChunk(type, body);
    length += block.length;
    if (length > maxBytes) throw malformed('stream is too long', { maxBytes });
    if (block.length > 0) blocks.push(block);
    at = end;
  }
  return Buffer.concat(blocks, length);
}

function chunkAt(data: Buffer, at: number) {
  const start = at + CHUNK_HEAD_BYTES;
  if (start > data.length) throw malformed('stream ends within the head of a chunk');
  const length = data.readUIntLE(at + 1, 3);
  const end = start + length;
  if (length > MAX_CHUNK_BYTES) throw malformed('chunk is too long', { length });
  if (end > data.length) throw malformed('stream ends within a chunk');
  return { type: data.readUInt8(at), body: data.subarray(start, end), end };
}

/** What a chunk holds; nothing where it is to be skipped. */
function openChunk(type: number, body: Buffer): Uint8Array {
  if (type === CHUNK.streamId) return openStreamId(body);
  if (type >= CHUNK.firstSkippable) return new Uint8Array(0);
  if (type !== CHUNK.compressed && type !== CHUNK.uncompressed) {
    throw malformed('chunk is of an unknown type', { type });
  }
  if (body.length < CHECKSUM_BYTES) throw malformed('chunk has no checksum');
  const content = body.subarray(CHECKSUM_BYTES);
  const block =
    type === CHUNK.compressed ? decompressBlock(content, MAX_BLOCK_BYTES) : storedBlock(content);
  if (checksum(block) !== body.readUInt32LE()) throw malformed('chunk has a wrong checksum');
  return block;
}

function openStreamId(body: Buffer): Uint8Array {
  if (!body.equals(STREAM_ID.subarray(CHUNK_HEAD_BYTES)))
    throw malformed('stream has a wrong start');
  return new Uint8Array(0);
}

function storedBlock(content: Uint8Array): Uint8Array {
  if (content.length > MAX_BLOCK_BYTES)
    throw malformed('chunk is too long', { length: content.length });
  return content;
}

/** Castagnoli's, masked as the format wants it. */
function checksum(block: Uint8Array): number {
  const crc = crc32c.buf(block) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;
}
