import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { SingularBatch } from '../codec/batch.js';
import type { SpanBatch } from '../codec/spanBatch.js';
import { findOrigin } from './spanBatchRules.js';

/**
 * The blocks of a span batch that come after the safe head, each made when its turn comes: a batch of a few kilobytes may
 * have ten million of them.
 */
export class OpenSpan {
  /** Of the next block; the number of blocks where none is left. */
  private index: number;
  private originIndex = 0;
  /** The next block as it was looked at: the same object is taken then. */
  private peeked: SingularBatch | null = null;

  private constructor(
    private readonly batch: SpanBatch,
    private readonly l1Blocks: readonly L1BlockRef[],
    first: number,
  ) {
    this.index = first;
  }

  /**
   * @param l1Blocks consecutive, oldest first: the safe head's origin or the one after it, behind which no batch goes back.
   * @returns null when the batch turns out invalid only now: an origin that is not among the L1 blocks.
   */
  static open(
    batch: SpanBatch,
    l1Blocks: readonly L1BlockRef[],
    safeHead: L2BlockRef,
  ): OpenSpan | null {
    const first = batch.firstAfter(safeHead.timestamp);
    // Origins go up in steps of one: where the first and the last are known, all between them are.
    const isKnown = (number: bigint) => l1Blocks.some((block) => block.number === number);
    const areKnown = isKnown(batch.epochNumber(first)) && isKnown(batch.lastEpochNumber);
    return first === batch.blockCount || areKnown ? new OpenSpan(batch, l1Blocks, first) : null;
  }

  get isDone(): boolean {
    return this.index >= this.batch.blockCount;
  }

  /** Unix seconds; null where none is left. */
  get nextTimestamp(): bigint | null {
    return this.isDone ? null : this.batch.blockTimestamp(this.index);
  }

  /** The next block as building on the parent; null where none is left. */
  take(parent: L2BlockRef): SingularBatch | null {
    const next = this.peek(parent);
    if (next === null) return null;
    this.index++;
    this.peeked = null;
    return next;
  }

  /** As `take`, and the block stays the next one: until it is taken for the same parent, it is the same object. */
  peek(parent: L2BlockRef): SingularBatch | null {
    if (this.peeked?.parentHash !== parent.hash) this.peeked = this.make(parent);
    return this.peeked;
  }

  private make(parent: L2BlockRef): SingularBatch | null {
    const origin = this.isDone ? undefined : this.nextOrigin();
    if (origin === undefined) return null;
    const { timestamp, transactions } = this.batch.block(this.index);
    return {
      type: 'singular',
      parentHash: parent.hash,
      epochNumber: origin.number,
      epochHash: origin.hash,
      timestamp,
      transactions,
    };
  }

  private nextOrigin(): L1BlockRef | undefined {
    const number = this.batch.epochNumber(this.index);
    this.originIndex = findOrigin(this.l1Blocks, number, this.originIndex);
    return this.l1Blocks[this.originIndex];
  }
}
