import { Buffer } from 'node:buffer';
import type { Transform } from 'node:stream';
import {
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createInflate,
  inflateSync,
} from 'node:zlib';
import { inflatePrefix } from './inflate.js';

/** First byte of a channel in brotli; zlib's first byte has 8 or 15 in its low half. */
export const CHANNEL_VERSION_BROTLI = 1;

/** Up to this much output is decompressed on the calling thread, which is faster than waking another; a few ms at most. */
const SYNC_MAX_OUTPUT = 2 * 1024 * 1024;
const SYNC_MAX_INPUT = 256 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** What Go's brotli reader gets behind the buffered reader that looked at the first byte: this much, then whole chunks. */
const BROTLI_FIRST_CHUNK = 4095;
const BROTLI_CHUNK = 32 * 1024;

type Decoded = { readonly kind: 'output'; readonly bytes: Uint8Array } | 'corrupt' | 'tooLarge';

interface Codec {
  decodeSync(data: Uint8Array, maxOutputLength: number): Uint8Array;
  createStream(): Transform;
  /** What counts of a corrupt or cut stream. */
  decodePrefix(data: Uint8Array, limit: number): Promise<Uint8Array>;
}

/**
 * Decompresses channel data (without its version byte where it has one). What stands before a fault or the end of cut
 * data counts, everything behind `limit` bytes does not: this is what op-node sees as it reads bit by bit.
 * Costs no more memory than twice `limit`, however large the output would become; large output of whole data is made on
 * another thread.
 * Spec: protocol/derivation, "Channel Format"; op-node `rollup/derive/channel.go` BatchReader.
 * @param isBrotliAllowed from Fjord on.
 * @returns null when the algorithm is not known or not allowed: the channel is dropped.
 */
export async function decompressChannel(
  data: Uint8Array,
  limit: number,
  isBrotliAllowed: boolean,
): Promise<Uint8Array | null> {
  const first = data[0];
  if (first === undefined) return null;
  const isZlib = (first & 0x0f) === 8 || (first & 0x0f) === 15;
  if (isZlib) return hasZlibHeader(data) ? decode(ZLIB, data, limit) : null;
  if (first !== CHANNEL_VERSION_BROTLI || !isBrotliAllowed) return null;
  return decode(BROTLI, data.subarray(1), limit);
}

/** RFC 1950: method 8, window of at most 32 KiB, check bits; no preset dictionary but that of no bytes. */
function hasZlibHeader(data: Uint8Array): boolean {
  const [method = 0, flags] = data;
  if (flags === undefined) return false;
  if ((method & 0x0f) !== 8 || method >> 4 > 7 || (method * 256 + flags) % 31 !== 0) return false;
  return (flags & 0x20) === 0 || isEmptyDictionary(data);
}

function isEmptyDictionary(data: Uint8Array): boolean {
  return data[2] === 0 && data[3] === 0 && data[4] === 0 && data[5] === 1;
}

async function decode(codec: Codec, data: Uint8Array, limit: number): Promise<Uint8Array> {
  let decoded: Decoded =
    data.length > SYNC_MAX_INPUT
      ? 'tooLarge'
      : decodeSync(codec, data, Math.min(limit, SYNC_MAX_OUTPUT));
  if (decoded === 'tooLarge') decoded = await decodeStreaming(codec, data, limit);
  const bytes = typeof decoded === 'string' ? await codec.decodePrefix(data, limit) : decoded.bytes;
  // Views of a plain array are made several times faster than those of a Buffer, and batches are made of views.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decodeSync(codec: Codec, data: Uint8Array, maxOutput: number): Decoded {
  try {
    return { kind: 'output', bytes: codec.decodeSync(data, maxOutput) };
  } catch (thrown) {
    return isTooLarge(thrown) ? 'tooLarge' : 'corrupt';
  }
}

function isTooLarge(thrown: unknown): boolean {
  return (
    thrown instanceof RangeError && (thrown as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
  );
}

async function decodeStreaming(codec: Codec, data: Uint8Array, limit: number): Promise<Decoded> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const stream = codec.createStream();
  stream.end(data);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk.subarray(0, limit - total));
      total += chunk.length;
      // Leaving the loop destroys the stream.
      if (total >= limit) break;
    }
  } catch {
    return 'corrupt';
  }
  return { kind: 'output', bytes: Buffer.concat(chunks) };
}

const ZLIB: Codec = {
  // Cut data counts as corrupt here: zlib would give out more of its last bits than Go.
  decodeSync: (data, maxOutputLength) => inflateSync(data, { maxOutputLength }),
  createStream: () => createInflate({ chunkSize: CHUNK_BYTES }),
  decodePrefix: async (data, limit) =>
    inflatePrefix(data, ((data[1] ?? 0) & 0x20) === 0 ? 2 : 6, limit),
};

const BROTLI: Codec = {
  decodeSync: (data, maxOutputLength) =>
    brotliDecompressSync(data, {
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
      maxOutputLength,
    }),
  createStream: () =>
    createBrotliDecompress({
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
      chunkSize: CHUNK_BYTES,
    }),
  decodePrefix: brotliPrefix,
};

/**
 * Go's decoder hands out what it has at the end of each piece of input, and nothing of the piece with the fault: find
 * the most pieces that decode.
 */
async function brotliPrefix(data: Uint8Array, limit: number): Promise<Uint8Array> {
  const pieces = 1 + Math.max(0, Math.ceil((data.length - BROTLI_FIRST_CHUNK) / BROTLI_CHUNK));
  let valid: Uint8Array = new Uint8Array(0);
  let low = 0;
  let high = pieces - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const end = BROTLI_FIRST_CHUNK + (middle - 1) * BROTLI_CHUNK;
    const decoded = await decodeStreaming(BROTLI, data.subarray(0, end), limit);
    if (typeof decoded === 'string') {
      high = middle - 1;
    } else {
      valid = decoded.bytes;
      low = middle;
    }
  }
  return valid;
}
