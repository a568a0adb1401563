import type { PollResult } from './pollResult.js';

/** A conflict that lasts this long will not go away by itself. */
const LASTING_MS = 300_000;

/** Follows how long statuses have contradicted our heads. Polls that say nothing about it change nothing. */
export class ConflictWatch {
  private sinceMs: number | null = null;
  private isReported = false;

  /** Takes a poll's result. @returns `began` once when the conflict became a lasting one, `ended` once after that. */
  note(result: PollResult, nowMs: number): 'began' | 'ended' | null {
    if (result === 'conflict' || result === 'finalized_conflict') {
      this.sinceMs ??= nowMs;
      if (this.isReported || nowMs - this.sinceMs < LASTING_MS) return null;
      this.isReported = true;
      return 'began';
    }
    if (result !== 'success' && result !== 'behind') return null;
    const wasReported = this.isReported;
    this.sinceMs = null;
    this.isReported = false;
    return wasReported ? 'ended' : null;
  }
}
