import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import { isZeroRef } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { FollowTarget } from '../../types/followTarget.js';
import type { FollowStatus } from './followStatus.js';

export interface TargetInput {
  readonly status: FollowStatus;
  readonly heads: EngineHeads;
  /** The status' current_l1 as our L1 has it; null when there is none or it could not be checked. */
  readonly currentL1: L1BlockRef | null;
  /** True when the L1 block that we published as current_l1 is no longer on our L1. */
  readonly isOurCurrentL1Gone: boolean;
  readonly mayReplaceSafe: boolean;
}

/** The target that an accepted status makes. */
export function followTargetOf(input: TargetInput): FollowTarget {
  const { status, mayReplaceSafe } = input;
  return {
    localSafe: status.localSafe,
    safe: status.safe,
    finalized: finalizedOf(input),
    currentL1: currentL1Of(input),
    mayReplaceSafe,
  };
}

/**
 * A finalized head that the source does not know, or knows a lower one of, leaves ours. Only an unproven one of ours
 * that the new chain may not even hold is replaced downward as well.
 */
function finalizedOf({ status, heads, mayReplaceSafe }: TargetInput): L2BlockRef | null {
  const { finalized } = status;
  if (isZeroRef(finalized)) return null;
  if (finalized.number >= heads.finalized.number) return finalized;
  return mayReplaceSafe && !heads.isFinalizedProven ? finalized : null;
}

/**
 * current_l1 goes back only when the L1 itself did: a restarted source walks its own back, and a batcher that sees it
 * go back drops its state. An equal height with another hash is such a reorg, since our L1 confirmed the new one.
 */
function currentL1Of({ heads, currentL1, isOurCurrentL1Gone }: TargetInput): L1BlockRef | null {
  if (currentL1 === null) return null;
  if (currentL1.number >= heads.currentL1.number || isOurCurrentL1Gone) return currentL1;
  return null;
}
