import type { BlockId, L1BlockRef, L2BlockRef } from './block.js';
import { sameBlock, ZERO_L1_REF, ZERO_L2_REF } from './block.js';

/** Where the execution layer's own chain sync stands; op-node `rollup/engine/engine_controller.go` syncStatusEnum. */
export type ElSyncPhase = 'none' | 'willStart' | 'started' | 'finished';

/**
 * One consistent snapshot of all L2 heads, published by the engine actor after each accepted change.
 * Invariant while nothing is all-zero: finalized <= safe <= unsafe by number.
 */
export interface EngineHeads {
  readonly unsafe: L2BlockRef;
  readonly crossUnsafe: L2BlockRef;
  readonly pendingSafe: L2BlockRef;
  readonly localSafe: L2BlockRef;
  readonly safe: L2BlockRef;
  readonly finalized: L2BlockRef;
  /**
   * The L1 block that the safe heads of this snapshot were taken up to. In follow mode it comes with the accepted
   * status, in the same snapshot as its safe heads; all-zero until known. Derivation publishes its own origin instead.
   */
  readonly currentL1: L1BlockRef;
  readonly elSync: ElSyncPhase;
  /**
   * The unsafe block beyond missing ones that the execution layer was sent after, in execution-layer mode, until a head of
   * ours is as high; all-zero without one. It is reported as unsafe head, as op-node does, and nothing is built on it.
   */
  readonly sought: L2BlockRef;
  /** False while `finalized` was only set by the end of EL sync and no checked status has confirmed it. */
  readonly isFinalizedProven: boolean;
  /**
   * The followed block that our execution layer is being led to and does not have yet; null where there is none. Till then
   * the unsafe head is that of a chain which is being left, and nothing is built on it.
   */
  readonly movingTo: BlockId | null;
  /** Increases with each engine reset. */
  readonly resetEpoch: number;
}

/** True until the execution layer's first own sync is over; it has no finalized block of ours until then. */
export function isInitialElSyncing({ elSync }: Pick<EngineHeads, 'elSync'>): boolean {
  return elSync === 'willStart' || elSync === 'started';
}

/** True while the execution layer is led to another block than this one of ours: whether it stays is not known. */
export function isLedElsewhere(
  { movingTo }: Pick<EngineHeads, 'movingTo'>,
  block: BlockId,
): boolean {
  return movingTo !== null && !sameBlock(movingTo, block);
}

/** Before the engine has been asked for its forkchoice. */
export const UNKNOWN_HEADS: EngineHeads = {
  unsafe: ZERO_L2_REF,
  crossUnsafe: ZERO_L2_REF,
  pendingSafe: ZERO_L2_REF,
  localSafe: ZERO_L2_REF,
  safe: ZERO_L2_REF,
  finalized: ZERO_L2_REF,
  currentL1: ZERO_L1_REF,
  elSync: 'none',
  sought: ZERO_L2_REF,
  isFinalizedProven: false,
  movingTo: null,
  resetEpoch: 0,
};
