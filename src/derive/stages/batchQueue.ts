import { NodeError } from '../../errors/nodeError.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { Batch, SingularBatch } from '../codec/batch.js';
import type { BatchContext } from './batchContext.js';
import { batchFields, noteEmptyBatch } from './batchFields.js';
import type { Judgement } from './batchRules.js';
import { checkSingularBatch } from './batchRules.js';
import type { BatchStage, NextBatch, OriginWindowState } from './batchStage.js';
import type { BatchProvider, BatchStageDeps } from './batchStageDeps.js';
import { originConflict } from './batchStageDeps.js';
import { OriginWindow } from './originWindow.js';
import type { Pull } from './pull.js';
import { SafeBlocks } from './safeBlocks.js';
import { checkSpanBatch } from './spanBatchRules.js';

/** Batches that are judged in about a millisecond: all that are early, and there may be a million, are judged again and again. */
const JUDGED_PER_SLICE = 512;

/** A batch and the L1 block that completed its channel. */
interface IncludedBatch {
  readonly batch: Batch;
  readonly inclusion: L1BlockRef;
}

/**
 * Orders batches before Holocene: keeps those that are early, takes the first valid one that fits, makes empty ones when
 * the sequencing window has expired. Spec: protocol/derivation, "Batch Queue"; op-node `rollup/derive/batch_queue.go`.
 */
export class BatchQueue implements BatchStage {
  /** In the order they were included in. */
  private batches: readonly IncludedBatch[] = [];
  /** Pulled but not judged yet: L2 could not tell. */
  private incoming: Batch | null = null;
  private judged = 0;
  private readonly origins: OriginWindow;
  private readonly safeBlocks: SafeBlocks;
  private readonly config: RollupConfig;
  private readonly deps: BatchStageDeps;

  constructor(config: RollupConfig, deps: BatchStageDeps) {
    this.config = config;
    this.deps = deps;
    this.origins = new OriginWindow(config);
    this.safeBlocks = new SafeBlocks(config, deps.l2);
  }

  get origin(): L1BlockRef {
    return this.provider.origin;
  }

  get window(): OriginWindowState {
    return this.origins.state;
  }

  async nextBatch(parent: L2BlockRef, signal: AbortSignal): Promise<Pull<NextBatch>> {
    const queued = this.origins.nextOfSpan(parent);
    if (queued !== null) return { batch: queued, concluding: this.origins.isSpanDone };
    const isBehind = this.origin.number < parent.l1Origin.number;
    this.origins.advance(this.origin, parent);
    const pulled = this.incoming ?? (await this.provider.nextBatch(signal));
    if (pulled === 'again') return 'again';
    const isOutOfData = pulled === 'outOfData';
    const idle = isOutOfData ? 'outOfData' : 'again';
    // Batches that come before the parent's origin are read past: they can only be old.
    if (isBehind) return idle;
    if (!isOutOfData) await this.add(pulled, parent, signal);
    return (await this.choose(parent, isOutOfData, signal)) ?? idle;
  }

  peek(parent: L2BlockRef): SingularBatch | null {
    // Of batches that are early the next call says which is valid by then.
    const isPulled = this.incoming !== null || this.batches.length > 0;
    return this.origins.peek(parent, () => (isPulled ? null : this.provider.peek()));
  }

  reset(base: L1BlockRef): void {
    this.origins.reset(base);
    this.batches = [];
    this.incoming = null;
  }

  flush(): never {
    throw new NodeError(
      'DERIVE_INVARIANT',
      'batch queue flushed: there are no flushes before Holocene',
      { severity: 'critical' },
    );
  }

  private get provider(): BatchProvider {
    return this.deps.previous;
  }

  private async add(batch: Batch, parent: L2BlockRef, signal: AbortSignal): Promise<void> {
    this.incoming = batch;
    const included = { batch, inclusion: this.origins.origin };
    const { validity, why } = await this.judge(included, parent, signal);
    this.incoming = null;
    if (validity === 'drop') this.drop(batch, why);
    else this.batches = [...this.batches, included];
  }

  /** Null when there is no next batch yet. */
  private async choose(
    parent: L2BlockRef,
    isOutOfData: boolean,
    signal: AbortSignal,
  ): Promise<NextBatch | null> {
    if (this.origins.contradicts(parent)) throw originConflict(this.origins, parent);
    const found = await this.firstValid(parent, signal);
    if (found === 'undecided') return null;
    if (found === null) {
      const empty = this.origins.emptyBatch(parent, isOutOfData);
      if (empty !== null) noteEmptyBatch(this.deps.observer, empty, parent);
      return empty === null ? null : { batch: empty, concluding: true };
    }
    this.deps.observer.noted('Found next batch', batchFields(found));
    if (found.type === 'singular') return { batch: found, concluding: true };
    const batch = this.origins.openSpan(found, parent) ? this.origins.takeOfSpan(parent) : null;
    if (batch === null) {
      throw new NodeError('DERIVE_INVARIANT', 'an accepted span batch has no next block', {
        severity: 'critical',
        fields: { parent: parent.number },
      });
    }
    return { batch, concluding: this.origins.isSpanDone };
  }

  private async firstValid(
    parent: L2BlockRef,
    signal: AbortSignal,
  ): Promise<Batch | 'undecided' | null> {
    const early: IncludedBatch[] = [];
    for (const [index, included] of this.batches.entries()) {
      const { validity, why } = await this.judge(included, parent, signal);
      if (validity === 'future') {
        early.push(included);
      } else if (validity === 'drop' || validity === 'past') {
        this.drop(included.batch, why);
      } else {
        const isAccepted = validity === 'accept';
        this.batches = [...early, ...this.batches.slice(isAccepted ? index + 1 : index)];
        return isAccepted ? included.batch : 'undecided';
      }
    }
    this.batches = early;
    return null;
  }

  private async judge(
    { batch, inclusion }: IncludedBatch,
    safeHead: L2BlockRef,
    signal: AbortSignal,
  ): Promise<Judgement> {
    const { l2, observer, turn } = this.deps;
    this.judged += 1;
    if (this.judged % JUDGED_PER_SLICE === 0) await turn(signal);
    const { config, safeBlocks } = this;
    const { l1Blocks } = this.origins;
    const context: BatchContext = {
      ...{ config, l1Blocks, safeHead, inclusion },
      ...{ l2, safeBlocks, observer, turn },
    };
    return batch.type === 'singular'
      ? checkSingularBatch(batch, context)
      : checkSpanBatch(batch, context, signal);
  }

  private drop(batch: Batch, why: string): void {
    this.deps.observer.dropped('Dropping batch', { ...batchFields(batch), why });
  }
}
