import { Buffer } from 'node:buffer';
import { malformed } from '../codec/malformed.js';
import type { ByteStream } from './ports.js';
import { streamFailed } from './timed.js';

/** The first `count` bytes of the other side; what comes with them is dropped. @throws NodeError P2P_STREAM_FAILED when it ends before. */
export async function readExactly(
  stream: ByteStream,
  count: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = Buffer.alloc(count);
  let length = 0;
  while (length < count) {
    const chunk = await stream.read(signal);
    if (chunk === null) throw streamFailed('stream ended too early');
    bytes.set(chunk.subarray(0, count - length), length);
    length += chunk.length;
  }
  return bytes;
}

/**
 * All that the other side sends. @param isEnough asked after each piece; true stops reading.
 * @throws NodeError P2P_MALFORMED as soon as there are more than `maxBytes`.
 */
export async function readAll(
  stream: ByteStream,
  { maxBytes, isEnough }: { readonly maxBytes: number; isEnough(first: Uint8Array): boolean },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const chunk = await stream.read(signal);
    if (chunk === null) break;
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) throw malformed('answer is too long', { maxBytes });
    if (chunks.length === 1 && isEnough(chunk)) break;
  }
  return Buffer.concat(chunks, length);
}
