import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { SingularBatch } from '../codec/batch.js';
import type { Pull } from './pull.js';

/** A batch that is the next block. */
export interface NextBatch {
  readonly batch: SingularBatch;
  /** True when it is the last of its span batch, and for every other batch. */
  readonly concluding: boolean;
}

/** Decides which batch comes next: the batch queue before Holocene, the strict batch stage from it. */
export interface BatchStage {
  readonly origin: L1BlockRef;
  /** @param parent the pending safe head that the batch must build on. */
  nextBatch(parent: L2BlockRef, signal: AbortSignal): Promise<Pull<NextBatch>>;
  /**
   * The batch that `nextBatch` is expected to give for that parent, where it is at hand: of a span batch or a channel that
   * is open. Nothing changes, and it is not judged; where it is the next one, `nextBatch` gives this very object.
   */
  peek(parent: L2BlockRef): SingularBatch | null;
  /** @param base the L1 block that the pipeline starts over from. */
  reset(base: L1BlockRef): void;
  /** Drops the rest of the current span batch and channel. Only called from Holocene on. */
  flush(): void;
  /** What the stage of the next fork goes on with. */
  readonly window: OriginWindowState;
}

/** The L1 blocks that a batch stage has seen. */
export interface OriginWindowState {
  readonly origin: L1BlockRef;
  readonly l1Blocks: readonly L1BlockRef[];
}
