import { NodeError } from '../../errors/nodeError.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { BatchValidity, SingularBatch } from '../codec/batch.js';
import type { SpanBatch } from '../codec/spanBatch.js';
import type { BatchContext } from './batchContext.js';
import { batchFields, noteEmptyBatch } from './batchFields.js';
import { checkSingularBatch } from './batchRules.js';
import type { BatchStage, NextBatch, OriginWindowState } from './batchStage.js';
import type { BatchStageDeps } from './batchStageDeps.js';
import { originConflict } from './batchStageDeps.js';
import { OriginWindow } from './originWindow.js';
import type { Pull } from './pull.js';
import { SafeBlocks } from './safeBlocks.js';
import { checkStrictSpanBatch } from './spanBatchRules.js';

/**
 * Takes batches in strict order from Holocene on: the next one is valid, or old, or it and the rest of its channel are
 * dropped. Makes empty batches when the sequencing window has expired.
 * Spec: protocol/holocene/derivation, "Batch Queue"; op-node `rollup/derive/batch_stage.go`.
 */
export class StrictBatchStage implements BatchStage {
  /**
   * A span batch that was pulled but not judged yet, as L2 could not tell: it is kept and judged again.
   * Differs: op-node leaves it out then, and with it the blocks that every other node derives.
   */
  private incoming: SpanBatch | null = null;
  private readonly origins: OriginWindow;
  private readonly safeBlocks: SafeBlocks;
  private readonly config: RollupConfig;
  private readonly deps: BatchStageDeps;

  /** @param before what the batch queue had seen, when this stage replaces it on the way. */
  constructor(config: RollupConfig, deps: BatchStageDeps, before?: OriginWindowState) {
    this.config = config;
    this.deps = deps;
    this.origins = new OriginWindow(config);
    this.safeBlocks = new SafeBlocks(config, deps.l2);
    if (before !== undefined) this.origins.adopt(before);
  }

  get origin(): L1BlockRef {
    return this.deps.previous.origin;
  }

  get window(): OriginWindowState {
    return this.origins.state;
  }

  async nextBatch(parent: L2BlockRef, signal: AbortSignal): Promise<Pull<NextBatch>> {
    this.origins.advance(this.origin, parent);
    // Channels of the parent's own origin can only have old batches.
    if (this.origin.number <= parent.l1Origin.number) {
      const skipped = await this.deps.previous.nextBatch(signal);
      return skipped === 'outOfData' ? 'outOfData' : 'again';
    }
    this.checkWindow(parent);
    const candidate = await this.candidate(parent, signal);
    if (candidate === 'again') return 'again';
    if (candidate === 'outOfData') {
      const empty = this.origins.emptyBatch(parent, true);
      if (empty === null) return 'outOfData';
      noteEmptyBatch(this.deps.observer, empty, parent);
      return { batch: empty, concluding: true };
    }
    const { validity, why } = checkSingularBatch(candidate, this.context(parent));
    // Each block becomes safe at once, so that every batch concludes.
    if (validity === 'accept') return { batch: candidate, concluding: true };
    this.refuse(candidate, validity, why);
    return 'again';
  }

  peek(parent: L2BlockRef): SingularBatch | null {
    return this.origins.peek(parent, () =>
      this.incoming === null ? this.deps.previous.peek() : null,
    );
  }

  reset(base: L1BlockRef): void {
    this.origins.reset(base);
    this.incoming = null;
  }

  flush(): void {
    this.origins.clearSpan();
    this.incoming = null;
    this.deps.previous.flush();
  }

  private checkWindow(parent: L2BlockRef): void {
    if (this.origins.l1Blocks.length < 2) {
      throw new NodeError('DERIVE_INVARIANT', 'fewer than two L1 blocks behind a safe head', {
        severity: 'critical',
        fields: { origin: this.origins.origin.number, parent: parent.number },
      });
    }
    if (this.origins.contradicts(parent)) throw originConflict(this.origins, parent);
  }

  /** The next block of the open span batch, or the next batch, a span batch being opened first. */
  private async candidate(parent: L2BlockRef, signal: AbortSignal): Promise<Pull<SingularBatch>> {
    const next = this.origins.nextOfSpan(parent);
    if (next !== null) return next;
    const batch = this.incoming ?? (await this.deps.previous.nextBatch(signal));
    if (typeof batch === 'string' || batch.type === 'singular') return batch;
    this.incoming = batch;
    const { validity, why } = await checkStrictSpanBatch(batch, this.context(parent), signal);
    this.incoming = null;
    if (validity !== 'accept') {
      this.refuse(batch, validity, why);
      return 'again';
    }
    if (!this.origins.openSpan(batch, parent)) {
      this.refuse(batch, 'drop', 'L1 origin of a block');
      return 'again';
    }
    this.deps.observer.noted('Found next valid span batch', batchFields(batch));
    return this.origins.takeOfSpan(parent) ?? 'again';
  }

  /** An invalid batch takes its channel with it; an old or undecidable one is left out alone. */
  private refuse(batch: SingularBatch | SpanBatch, validity: BatchValidity, why: string): void {
    if (validity === 'future') {
      throw new NodeError('DERIVE_INVARIANT', 'future batch after Holocene', {
        severity: 'critical',
      });
    }
    this.deps.observer.dropped(refusalText(batch.type, validity), { ...batchFields(batch), why });
    if (validity === 'drop') this.flush();
  }

  private context(safeHead: L2BlockRef): BatchContext {
    const { config, safeBlocks } = this;
    const { l2, observer, turn } = this.deps;
    const { l1Blocks, origin } = this.origins;
    return { config, l1Blocks, safeHead, inclusion: origin, l2, safeBlocks, observer, turn };
  }
}

/** op-node's words for a batch that is left out. */
function refusalText(type: 'singular' | 'span', validity: BatchValidity): string {
  if (validity === 'past') return `Dropping past ${type} batch`;
  if (validity === 'undecided') return `Undecided ${type} batch`;
  return `Dropping invalid ${type} batch, flushing channel`;
}
