import { MAX_MESSAGE_BYTES } from '../codec/malformed.js';
import { decompressBlock } from '../codec/snappyBlock.js';

/** The message that was opened last, by those very bytes. */
let last: { readonly data: Uint8Array; readonly message: Uint8Array } | null = null;

/**
 * Decompresses a message whose turn to be judged comes next: gossip asks for the id of every message first, and most of
 * what either costs is the decompression. @throws NodeError P2P_MALFORMED.
 */
export function openMessage(data: Uint8Array): Uint8Array {
  const message = decompressBlock(data, MAX_MESSAGE_BYTES);
  last = { data, message };
  return message;
}

/** As `openMessage`, the last time that it is asked for; one that has just been opened is not decompressed again. */
export function takeMessage(data: Uint8Array): Uint8Array {
  const message = last?.data === data ? last.message : null;
  last = null;
  return message ?? decompressBlock(data, MAX_MESSAGE_BYTES);
}
