import type { BlockId, L1BlockRef, L2BlockRef } from '../../types/block.js';
import { isZeroRef, sameBlock } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { FollowTarget } from '../../types/followTarget.js';

/**
 * What the follower noted about the safe head it last had applied: the current_l1 of the status that brought it.
 * A later current_l1 beside the same head is not noted, since the head does not depend on those L1 blocks; but for one
 * that confirms the head after the noted block was reorged away, and the first one where none could be checked before.
 */
export class AcceptedMemory {
  private isNotedL1Gone = false;
  private note: { readonly safe: L2BlockRef; readonly currentL1: L1BlockRef | null } | null = null;

  /** False until the first status since the start was applied: till then the engine's labels are from before. */
  get hasAccepted(): boolean {
    return this.note !== null;
  }

  /** The engine's reported heads are this target's. */
  noteApplied(target: FollowTarget): void {
    const { note } = this;
    const isOpen = this.isNotedL1Gone || note?.currentL1 === null;
    const isConfirmed = isOpen && target.currentL1 !== null;
    if (note !== null && sameBlock(note.safe, target.safe) && !isConfirmed) return;
    this.isNotedL1Gone = false;
    this.note = { safe: target.safe, currentL1: target.currentL1 };
  }

  /** Our L1 no longer has the noted block: the next status that is applied is noted, also beside the same head. */
  noteL1Gone(): void {
    this.isNotedL1Gone = true;
  }

  /**
   * The L1 blocks that our safe head depended on: its origin, and the noted current_l1 where it is that very head's. A head that
   * came without one builds on those that came with what is published.
   */
  dependencies(heads: EngineHeads): readonly BlockId[] {
    const { safe, currentL1 } = heads;
    if (isZeroRef(safe)) return [];
    if (this.note === null || !sameBlock(this.note.safe, safe)) return [safe.l1Origin];
    const noted = this.note.currentL1 ?? currentL1;
    return isZeroRef(noted) ? [safe.l1Origin] : [safe.l1Origin, noted];
  }
}
