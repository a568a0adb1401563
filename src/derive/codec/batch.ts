import type { Hash } from '../../types/block.js';
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
