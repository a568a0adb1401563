import type { BlockId } from '../types/block.js';
import { blockId } from '../types/block.js';
import type { Accepted, Held } from './pollOutcome.js';
import type { FollowEnginePort } from './ports.js';

/**
 * A source that has not named it for so long may be gone for good: its last word no longer keeps our own chain from going
 * on, as without it.
 */
const SILENCE_MS = 60_000;

/** A target that our execution layer is being led to. */
export interface PendingMove {
  readonly accepted: Accepted;
  /** What had been refuted when the target was checked. */
  readonly refuted: BlockId | null;
}

/**
 * Remembers the accepted target that our execution layer has yet to reach, and tells the engine: between what we still
 * have and what we are to have, nothing may be built.
 */
export class ChainMove {
  private pending: PendingMove | null = null;
  private namedMs = 0;

  constructor(private readonly engine: Pick<FollowEnginePort, 'noteMove'>) {}

  /**
   * A status names a target. One that is on our chain needs no move; where there was one, that is over when the engine has
   * taken the target, not before: an execution layer that comes there by itself is there sooner than our heads.
   * @param nowMs monotonic.
   */
  begin(move: PendingMove, isOurs: boolean, nowMs: number): void {
    if (isOurs && this.pending === null) return;
    this.pending = move;
    this.namedMs = nowMs;
    this.engine.noteMove(blockId(move.accepted.target.localSafe));
  }

  /** The target is reached, or will not be. */
  end(): void {
    this.pending = null;
    this.engine.noteMove(null);
  }

  /**
   * A poll brought no target. @returns the last one, to be reached all the same: a source that cannot be read or checked
   * for now, or has walked back, has not taken it back; one that says what cannot be is not believed any more.
   */
  goesOn({ why }: Held, nowMs: number): PendingMove | null {
    if (why === 'refused' || nowMs - this.namedMs >= SILENCE_MS) this.end();
    return this.pending;
  }
}
