import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { openMessage } from './openedMessage.js';

const VALID_SNAPPY = Uint8Array.of(1, 0, 0, 0);
const INVALID_SNAPPY = Uint8Array.of(0, 0, 0, 0);
const ID_BYTES = 20;

/**
 * The id by which gossip knows a message: the same for all compressions of the same data. 20 bytes.
 * Spec: specs `protocol/rollup-node-p2p.md`, "Message-ID computation"; op-node `op-node/p2p/gossip.go` BuildMsgIdFn.
 */
export function messageId(topic: string, data: Uint8Array): Uint8Array {
  const decompressed = decompressedOrNull(data);
  const topicBytes = Buffer.from(topic, 'utf8');
  const length = Buffer.alloc(8);
  length.writeUInt32LE(topicBytes.length, 0);
  const hash = createHash('sha256')
    .update(decompressed === null ? INVALID_SNAPPY : VALID_SNAPPY)
    .update(length)
    .update(topicBytes)
    .update(decompressed ?? data);
  return hash.digest().subarray(0, ID_BYTES);
}

function decompressedOrNull(data: Uint8Array): Uint8Array | null {
  try {
    return openMessage(data);
  } catch {
    return null;
  }
}
