import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import { ZERO_L1_REF } from '../../types/block.js';
import type { SingularBatch } from '../codec/batch.js';
import type { SpanBatch } from '../codec/spanBatch.js';
import type { OriginWindowState } from './batchStage.js';
import { OpenSpan } from './openSpan.js';
import { findOrigin } from './spanBatchRules.js';

/**
 * What both batch stages share: the L1 blocks that the next L2 blocks may have as origin, the blocks of the span batch
 * being handed out, and empty batches when the sequencing window expires.
 * op-node `rollup/derive/base_batch_stage.go`.
 */
export class OriginWindow {
  /** Consecutive L1 blocks, oldest first. The first is the epoch that the next block extends or the one after it. */
  l1Blocks: readonly L1BlockRef[] = [];
  /** The newest L1 block taken in. */
  origin: L1BlockRef = ZERO_L1_REF;
  private span: OpenSpan | null = null;
  private readonly config: RollupConfig;

  constructor(config: RollupConfig) {
    this.config = config;
  }

  get state(): OriginWindowState {
    return { origin: this.origin, l1Blocks: this.l1Blocks };
  }

  /** Starts over from an L1 block, which may be an origin itself. */
  reset(base: L1BlockRef): void {
    this.origin = base;
    this.l1Blocks = [base];
    this.clearSpan();
  }

  adopt(state: OriginWindowState): void {
    this.origin = state.origin;
    this.l1Blocks = state.l1Blocks;
  }

  /** Takes in the pipeline's L1 block and forgets those that are older than the parent's origin. */
  advance(origin: L1BlockRef, parent: L2BlockRef): void {
    if (this.origin.hash !== origin.hash) {
      this.origin = origin;
      // Blocks before the parent's origin cannot be origins any more: right after a reset the pipeline reads older ones.
      this.l1Blocks = origin.number < parent.l1Origin.number ? [] : [...this.l1Blocks, origin];
    }
    const [first] = this.l1Blocks;
    if (first === undefined || parent.l1Origin.number <= first.number) return;
    const index = findOrigin(this.l1Blocks, parent.l1Origin.number, 0);
    if (index < this.l1Blocks.length) this.l1Blocks = this.l1Blocks.slice(index);
  }

  /** The oldest L1 block contradicts the parent's origin: neither the same nor the one after it. */
  contradicts(parent: L2BlockRef): boolean {
    const [epoch] = this.l1Blocks;
    if (epoch === undefined) return true;
    return parent.l1Origin.hash !== epoch.hash && parent.l1Origin.number !== epoch.number - 1n;
  }

  /**
   * Keeps the blocks of a span batch that come after the safe head.
   * @returns false when the batch turns out invalid only now: see `OpenSpan.open`.
   */
  openSpan(batch: SpanBatch, safeHead: L2BlockRef): boolean {
    const opened = OpenSpan.open(batch, this.l1Blocks, safeHead);
    if (opened !== null) this.span = opened;
    return opened !== null;
  }

  /**
   * The next block of the open span batch, as building on the parent. A parent that it does not follow means that the
   * block handed out before was not applied: the rest of the span batch is dropped then.
   */
  nextOfSpan(parent: L2BlockRef): SingularBatch | null {
    const next = this.span?.nextTimestamp ?? null;
    if (next === null) return null;
    if (next !== parent.timestamp + this.config.blockTime) {
      this.clearSpan();
      return null;
    }
    return this.takeOfSpan(parent);
  }

  /**
   * As `nextOfSpan`, and nothing changes; where no span batch is open, what `others` have that builds on the parent. The
   * same object comes when it is asked for in earnest.
   */
  peek(parent: L2BlockRef, others: () => SingularBatch | null): SingularBatch | null {
    const batch = this.isSpanDone ? others() : (this.span?.peek(parent) ?? null);
    const isNext =
      batch?.parentHash === parent.hash &&
      batch.timestamp === parent.timestamp + this.config.blockTime;
    return isNext ? batch : null;
  }

  /** As `nextOfSpan`, right after the span batch was opened: its first block is for the caller to judge. */
  takeOfSpan(parent: L2BlockRef): SingularBatch | null {
    return this.span?.take(parent) ?? null;
  }

  /** True when no blocks of a span batch are left to hand out. */
  get isSpanDone(): boolean {
    return this.span?.isDone ?? true;
  }

  clearSpan(): void {
    this.span = null;
  }

  /**
   * An empty batch when the sequencing window of the oldest L1 block has expired; else null. Where all empty blocks of an
   * epoch are made, its L1 block is let go.
   * @param isOutOfData nothing more can come from the current L1 block.
   */
  emptyBatch(parent: L2BlockRef, isOutOfData: boolean): SingularBatch | null {
    const [epoch, nextEpoch] = this.l1Blocks;
    if (epoch === undefined) return null;
    const expiry = epoch.number + this.config.seqWindowSize;
    const isExpired = expiry < this.origin.number || (expiry === this.origin.number && isOutOfData);
    if (!isExpired || nextEpoch === undefined) return null;
    const timestamp = parent.timestamp + this.config.blockTime;
    const isFirstOfEpoch = epoch.number === parent.l1Origin.number + 1n;
    // At least one block an epoch, and no block before its origin's time.
    if (timestamp >= nextEpoch.timestamp && !isFirstOfEpoch) {
      this.l1Blocks = this.l1Blocks.slice(1);
      return null;
    }
    return {
      type: 'singular',
      parentHash: parent.hash,
      epochNumber: epoch.number,
      epochHash: epoch.hash,
      timestamp,
      transactions: [],
    };
  }
}
