import type { NodeError } from '../../errors/nodeError.js';
import type { Settled } from '../../runtime/laneQueue.js';
import type { WatchReader } from '../../runtime/watch.js';
import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { ConsolidateResult } from '../../types/building.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { AttributesAhead, DerivedAttributes } from '../../types/payload.js';

/** What derivation asks of the engine, and what it is told. */
export interface DeriveEngine {
  readonly heads: WatchReader<EngineHeads>;
  /**
   * @param resetEpoch the attributes are stale where the engine has been reset since that epoch.
   * @param ahead asked for what comes next once the block is known, so that its building may begin at once.
   */
  consolidate(
    attributes: DerivedAttributes,
    signal: AbortSignal,
    resetEpoch: number,
    ahead: AttributesAhead,
  ): Promise<Settled<ConsolidateResult>>;
  /** Tells the execution layer the heads that consolidation moved. */
  synchronize(signal: AbortSignal): Promise<Settled<unknown>>;
  /** Moves finalized forward to a safe block. */
  finalize(ref: L2BlockRef, signal: AbortSignal): Promise<Settled<unknown>>;
  /** The heads are found again; `heads.resetEpoch` rises when that is done. */
  requestReset(why: NodeError): void;
}

/** Told of the progress of derivation, for what only makes sense once all of an L1 block is derived. */
export interface SafeBlockListener {
  /** The L2 block became safe with data up to that L1 block. */
  safeDerived(safe: L2BlockRef, derivedFrom: L1BlockRef): void;
  /** All L1 that there is up to `origin` has been derived. */
  derivationIdle(origin: L1BlockRef): void;
  /** What was told may no longer hold. */
  reset(): void;
}

/** Metrics of the derivation actor; every method returns at once and never throws. */
export interface DerivationRecorder {
  originMoved(origin: L1BlockRef): void;
  idle(isIdle: boolean): void;
  pipelineReset(): void;
  failed(): void;
}
