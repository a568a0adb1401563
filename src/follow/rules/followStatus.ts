import type { L1BlockRef, L2BlockRef } from '../../types/block.js';

/** What one answer of a followed source says, decoded but not yet checked against anything. */
export interface FollowStatus {
  /** The L1 block that the source's safe heads were taken up to; null when it does not say (an execution client never does). */
  readonly currentL1: L1BlockRef | null;
  /** The L1 head that the source knows; null when it does not say. It tells how fresh a status is, and nothing else. */
  readonly headL1: L1BlockRef | null;
  /** All-zero while the source is starting or resetting, as `safe`. */
  readonly localSafe: L2BlockRef;
  readonly safe: L2BlockRef;
  /** All-zero when the source does not know one. */
  readonly finalized: L2BlockRef;
  /** The source's tip, for the drift metrics only; null when it does not say. Nothing is decided by it. */
  readonly unsafe: L2BlockRef | null;
}

/** The safe labels of a status, in the order in which they are checked. */
export const SAFE_LABELS = ['localSafe', 'safe', 'finalized'] as const;

export type SafeLabel = (typeof SAFE_LABELS)[number];
