import type { BlockId, Hash, L1BlockRef, L2BlockRef } from './block.js';

/** What follow mode asks the engine to become: checked refs of one accepted status. */
export interface FollowTarget {
  readonly localSafe: L2BlockRef;
  readonly safe: L2BlockRef;
  /** Null when the source does not know a finalized head, or knows a lower one than ours: ours stays. */
  readonly finalized: L2BlockRef | null;
  /** Published in the same snapshot as the safe heads; null when it could not be checked: the old one stands. */
  readonly currentL1: L1BlockRef | null;
  /**
   * True when the safe heads may replace or lower ours: an L1 block that ours depended on is gone
   * (or, without an L1, the same answer came often enough). Never below proven finalized.
   */
  readonly mayReplaceSafe: boolean;
  /**
   * True when our unsafe blocks above the local safe head go as well: what they build on was refuted. Default false.
   * An execution client may keep them as its own latest blocks until others take their place: op-geth does.
   */
  readonly dropsUnsafe?: boolean;
}

/** How the engine settled a follow target. Only `applied` and `unchanged` mean that the reported heads are the target's. */
export type FollowResult =
  | { readonly kind: 'applied'; readonly reorged: boolean }
  | { readonly kind: 'unchanged' }
  /** The execution layer answered SYNCING: it works towards the target, reported heads stand still. */
  | { readonly kind: 'syncing'; readonly target: Hash }
  /** INVALID, -38002 or -38003, or the refs do not lie on one chain: the last good forkchoice was restored. */
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly cause?: FollowRefusal;
      /** The other block that the target's chain has at the height of our safe head, where that is why. */
      readonly theirs?: BlockId;
    };

/**
 * Why the engine refused a target: the execution layer called it invalid (`invalid`) or its labels inconsistent
 * (`forkchoice`), its refs do not lie on one chain (`not_one_chain`) or say other things of their blocks than the
 * blocks (`contents`), it would lower or replace our safe head without
 * leave (`safe_conflict`), or it leaves our proven finalized block (`finalized_conflict`).
 */
export type FollowRefusal =
  | 'invalid'
  | 'forkchoice'
  | 'not_one_chain'
  | 'contents'
  | 'safe_conflict'
  | 'finalized_conflict';
