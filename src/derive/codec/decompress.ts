import { Buffer } from 'node:buffer';
import type { Transform } from 'node:stream';
import {
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createInflate,
  inflateSync,
} from 'node:zlib';
import type { Sliced } from '../../rollup/slices.js';
import { decodeFaultyBrotli } from './faultyBrotli.js';
import type { Decompressed } from './faultyChannel.js';
import { decodeFaultyZlib } from './faultyZlib.js';

/** First byte of a channel in brotli; zlib's first byte has 8 or 15 in its low half. */
export const CHANNEL_VERSION_BROTLI = 1;

/** Up to this much output is decompressed on the calling thread, which is faster than waking another; a few ms at most. */
const SYNC_MAX_OUTPUT = 2 * 1024 * 1024;
const SYNC_MAX_INPUT = 256 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const { BROTLI_OPERATION_FLUSH } = constants;

type Decoded = { readonly kind: 'output'; readonly bytes: Uint8Array } | 'corrupt' | 'tooLarge';

/** Node's decoders, as strict as op-node's, and what is left of the data that these refuse. */
interface Codec {
  decodeSync(data: Uint8Array, maxOutputLength: number): Uint8Array;
  createStream(): Transform & { readonly bytesWritten: number };
  /** False where bytes behind the end of the data are a fault. */
  readonly mayEndEarly: boolean;
  /** As op-node's decoder, which hands out what stands before a fault. */
  decodeFaulty(data: Uint8Array, limit: number, pauses: Pauses): Promise<Decompressed>;
}

export interface DecompressOptions {
  /** Most bytes of output that count. */
  readonly limit: number;
  readonly isBrotliAllowed: boolean;
}

/** Runs what is computed on the calling thread, with turns of others in between. */
export type Pauses = <T>(sliced: Sliced<T>) => Promise<T>;

/**
 * Decompresses channel data (without its version byte where it has one). What op-node's decoder hands out before a fault
 * counts, and everything of brotli data that is merely cut; what is behind `limit` bytes does not.
 * Costs no more memory than twice `limit`, however large the output would become; large output of whole data is made on
 * another thread.
 * Spec: protocol/derivation, "Channel Format"; op-node `rollup/derive/channel.go` BatchReader.
 * @param options `isBrotliAllowed` from Fjord on.
 * @returns null when the algorithm is not known or not allowed: the channel is dropped.
 */
export async function decompressChannel(
  data: Uint8Array,
  options: DecompressOptions,
  pauses: Pauses,
): Promise<Decompressed | null> {
  const { limit, isBrotliAllowed } = options;
  const first = data[0];
  if (first === undefined) return null;
  const isZlib = (first & 0x0f) === 8 || (first & 0x0f) === 15;
  if (isZlib) return hasZlibHeader(data) ? decode(ZLIB, data, limit, pauses) : null;
  if (first !== CHANNEL_VERSION_BROTLI || !isBrotliAllowed) return null;
  return decode(BROTLI, data.subarray(1), limit, pauses);
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

async function decode(
  codec: Codec,
  data: Uint8Array,
  limit: number,
  pauses: Pauses,
): Promise<Decompressed> {
  let decoded: Decoded =
    data.length > SYNC_MAX_INPUT
      ? 'tooLarge'
      : decodeSync(codec, data, Math.min(limit, SYNC_MAX_OUTPUT));
  if (decoded === 'tooLarge') decoded = await decodeStreaming(codec, data, limit);
  const { bytes, readEnds } =
    typeof decoded === 'string'
      ? await codec.decodeFaulty(data, limit, pauses)
      : { bytes: decoded.bytes, readEnds: null };
  // Views of a plain array are made several times faster than those of a Buffer, and batches are made of views.
  return { bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), readEnds };
}

function decodeSync(codec: Codec, data: Uint8Array, maxOutput: number): Decoded {
  try {
    return { kind: 'output', bytes: codec.decodeSync(data, maxOutput) };
  } catch (thrown) {
    return isTooLarge(thrown) ? 'tooLarge' : 'corrupt';
  }
}

/** @throws also where bytes are behind the end of the data, which Node lets pass. */
function brotliDecompressAll(data: Uint8Array, maxOutputLength: number): Uint8Array {
  // `info` is missing in the types of brotli's options.
  const options = { finishFlush: BROTLI_OPERATION_FLUSH, maxOutputLength, info: true };
  const { buffer, engine } = brotliDecompressSync(data, options) as unknown as {
    readonly buffer: Uint8Array;
    readonly engine: { readonly bytesWritten: number };
  };
  if (engine.bytesWritten < data.length) throw new Error('bytes behind the end');
  return buffer;
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
      // Leaving the loop destroys the stream. A fault right behind `limit` bytes still counts.
      if (total > limit) return { kind: 'output', bytes: Buffer.concat(chunks) };
    }
  } catch {
    return 'corrupt';
  }
  if (!codec.mayEndEarly && stream.bytesWritten < data.length) return 'corrupt';
  return { kind: 'output', bytes: Buffer.concat(chunks) };
}

const ZLIB: Codec = {
  // Cut data counts as corrupt here: zlib would give out more of its last bits than Go.
  decodeSync: (data, maxOutputLength) => inflateSync(data, { maxOutputLength }),
  createStream: () => createInflate({ chunkSize: CHUNK_BYTES }),
  mayEndEarly: true,
  decodeFaulty: (data, limit, pauses) => pauses(decodeFaultyZlib(data, limit)),
};

const BROTLI: Codec = {
  decodeSync: brotliDecompressAll,
  createStream: () =>
    createBrotliDecompress({
      finishFlush: BROTLI_OPERATION_FLUSH,
      chunkSize: CHUNK_BYTES,
    }),
  mayEndEarly: false,
  decodeFaulty: decodeFaultyBrotli,
};
