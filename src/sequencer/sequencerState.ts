import { WatchCell, type WatchReader } from '../runtime/watch.js';
import type { L2BlockRef } from '../types/block.js';
import { sameBlock } from '../types/block.js';
import type { BuildJob, SealedBlock } from '../types/building.js';
import { type EngineHeads, isLedElsewhere } from '../types/engineHeads.js';

/** A block that is on its way. */
export type SequencerWork = { readonly kind: 'building'; readonly job: BuildJob } | SealedWork;

/**
 * A block that exists but is not our unsafe head yet. `sealed`: nobody has seen it. `committing`: the conductor may
 * have it. `published`: peers may have it, so no other block of its height may follow while it fits.
 */
export interface SealedWork {
  readonly kind: 'sealed' | 'committing' | 'published';
  readonly block: SealedBlock;
  /** Monotonic milliseconds. */
  readonly startedMs: number;
}

/** What the sequencer is at: one snapshot, replaced as a whole. */
export interface SequencerState {
  readonly isActive: boolean;
  readonly isRecovering: boolean;
  /** Null while not active. */
  readonly work: SequencerWork | null;
}

/**
 * The one writer of the state that actor, head observer and admin methods share: each change is one of these moves.
 * Readers wait on it as on any Watch.
 */
export class SequencerCell implements WatchReader<SequencerState> {
  private readonly cell: WatchCell<SequencerState>;

  constructor(isRecovering: boolean) {
    this.cell = new WatchCell<SequencerState>({ isActive: false, isRecovering, work: null });
  }

  get(): SequencerState {
    return this.cell.get();
  }

  changed(seen: SequencerState, signal: AbortSignal): Promise<SequencerState> {
    return this.cell.changed(seen, signal);
  }

  activate(): void {
    this.put({ isActive: true });
  }

  /** Also drops the work: what nobody has seen must not go out any more. */
  deactivate(): void {
    this.put({ isActive: false, work: null });
  }

  recover(isRecovering: boolean): void {
    this.put({ isRecovering });
  }

  /** Goes on with that work instead of what was under way. */
  take(work: SequencerWork): void {
    if (this.get().work !== work) this.put({ work });
  }

  drop(): void {
    if (this.get().work !== null) this.put({ work: null });
  }

  private put(part: Partial<SequencerState>): void {
    this.cell.set({ ...this.get(), ...part });
  }
}

/** True where the work makes the child of that head. */
export function buildsOn(work: SequencerWork, head: L2BlockRef): boolean {
  return work.kind === 'building'
    ? sameBlock(work.job.parent, head)
    : work.block.ref.parentHash === head.hash;
}

/**
 * True while the engine is led away from the chain that the work is on: it has to wait. Not so a block that is out and is led
 * to, as it may be nowhere else.
 */
export function isBeingLeft(work: SequencerWork | null, heads: EngineHeads): boolean {
  return work?.kind === 'published'
    ? isLedElsewhere(heads, work.block.ref)
    : heads.movingTo !== null;
}

/** True for the same job or block, whatever stage it has reached. */
export function isSameWork(a: SequencerWork | null, b: SequencerWork): boolean {
  if (a === null) return false;
  if (a.kind === 'building' || b.kind === 'building') return a === b;
  return sameBlock(a.block.ref, b.block.ref);
}
