import type { L2BlockRef } from '../../types/block.js';
import type { Batch, SingularBatch } from '../codec/batch.js';
import type { DeriveObserver } from '../ports.js';

/** What a line of log says of a batch. op-node `rollup/derive/singular_batch.go`, `span_batch.go` LogContext. */
export function batchFields(batch: Batch): Readonly<Record<string, unknown>> {
  if (batch.type === 'singular') {
    return {
      batch_type: 'SingularBatch',
      batch_timestamp: batch.timestamp,
      parent_hash: batch.parentHash,
      batch_epoch: { hash: batch.epochHash, number: batch.epochNumber },
      txs: batch.transactions.length,
    };
  }
  return {
    batch_type: 'SpanBatch',
    batch_timestamp: batch.timestamp,
    parent_check: batch.checks.parent,
    origin_check: batch.checks.origin,
    start_epoch_number: batch.firstEpochNumber,
    end_epoch_number: batch.lastEpochNumber,
    block_count: batch.blockCount,
    txs: batch.txCount,
  };
}

/** Tells of an empty batch that was made because the sequencing window of its epoch has expired. */
export function noteEmptyBatch(
  observer: Pick<DeriveObserver, 'noted'>,
  { epochHash, epochNumber, timestamp }: SingularBatch,
  parent: L2BlockRef,
): void {
  const epoch = { hash: epochHash, number: epochNumber };
  observer.noted('Generating next batch', { epoch, timestamp, parent });
}
