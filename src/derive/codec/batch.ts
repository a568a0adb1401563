import { bytesToBigint, bytesToHex } from '../../rollup/bytes.js';
import type { Hash } from '../../types/block.js';
import { ByteReader, orNull } from './byteReader.js';
import type { SpanBatch } from './spanBatch.js';

/** First byte of an encoded batch. */
export const SINGULAR_BATCH_TYPE = 0;
export const SPAN_BATCH_TYPE = 1;

/** The input of one L2 block. */
export interface SingularBatch {
  readonly type: 'singular';
  readonly parentHash: Hash;
  /** Number of the L1 origin. */
  readonly epochNumber: bigint;
  readonly epochHash: Hash;
  /** Unix seconds, u64. */
  readonly timestamp: bigint;
  /** Encoded, without deposits. */
  readonly transactions: readonly Uint8Array[];
}

export type Batch = SingularBatch | SpanBatch;

/**
 * What the rules say of a batch: `drop` it for ever; `accept` it; `undecided` while L1 or L2 information is missing;
 * `future`: not its turn yet; `past`: it has nothing new (from Holocene on, where that is no reason to flush).
 * op-node `rollup/derive/batches.go`.
 */
export type BatchValidity = 'drop' | 'accept' | 'undecided' | 'future' | 'past';

/**
 * Decodes a singular batch behind its type byte: RLP of parent hash, epoch number, epoch hash, timestamp and the list
 * of encoded transactions. Bytes behind that list are ignored, as op-node does.
 * @returns null when malformed. Never throws.
 * Spec: protocol/derivation, "Batch Format"; op-node `rollup/derive/singular_batch.go`.
 */
export function decodeSingularBatch(data: Uint8Array): SingularBatch | null {
  return orNull(() => {
    const fields = new ByteReader(data).rlpList();
    const parentHash = bytesToHex(fields.rlpFixed(32));
    const epochNumber = bytesToBigint(fields.rlpInteger(8));
    const epochHash = bytesToHex(fields.rlpFixed(32));
    const timestamp = bytesToBigint(fields.rlpInteger(8));
    const list = fields.rlpList();
    fields.expectEnd();
    const transactions: Uint8Array[] = [];
    while (list.remaining > 0) transactions.push(list.rlpString());
    return { type: 'singular', parentHash, epochNumber, epochHash, timestamp, transactions };
  });
}
