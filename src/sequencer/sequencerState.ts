import type { L2BlockRef } from '../types/block.js';
import { sameBlock } from '../types/block.js';
import type { SequencerBlock, SequencerJob } from './ports.js';

/** A block that is on its way. */
export type SequencerWork = { readonly kind: 'building'; readonly job: SequencerJob } | SealedWork;

/**
 * A block that exists but is not our unsafe head yet. `sealed`: nobody has seen it. `committing`: the conductor may
 * have it. `published`: peers may have it, so no other block of its height may follow while it fits.
 */
export interface SealedWork {
  readonly kind: 'sealed' | 'committing' | 'published';
  readonly block: SequencerBlock;
  /** Monotonic milliseconds. */
  readonly startedMs: number;
}

/** What actor and admin share of the sequencer; replaced as a whole. */
export interface SequencerState {
  readonly isActive: boolean;
  readonly isRecovering: boolean;
  /** Null while not active. */
  readonly work: SequencerWork | null;
}

/** True where the work makes the child of that head. */
export function buildsOn(work: SequencerWork, head: L2BlockRef): boolean {
  return work.kind === 'building'
    ? sameBlock(work.job.parent, head)
    : work.block.ref.parentHash === head.hash;
}

/** True for the same job or block, whatever stage it has reached. */
export function isSameWork(a: SequencerWork | null, b: SequencerWork): boolean {
  if (a === null) return false;
  if (a.kind === 'building' || b.kind === 'building') return a === b;
  return sameBlock(a.block.ref, b.block.ref);
}
