import type { Hash } from '../types/block.js';

/** An execution layer with peers moves in seconds; one without never does. */
const STALL_MS = 60_000;

/** Notices an execution layer that answers SYNCING without getting anywhere. */
export class StalledTarget {
  private sinceMs: number | null = null;
  private unsafe: Hash | null = null;

  /**
   * Takes a poll whose target the engine answered with SYNCING.
   * @param unsafe our unsafe head after it: progress is that it moves.
   * @returns true when there was none for a minute; then the minute starts anew.
   */
  noteSyncing(unsafe: Hash, nowMs: number): boolean {
    if (this.sinceMs === null || this.unsafe !== unsafe) {
      this.sinceMs = nowMs;
      this.unsafe = unsafe;
      return false;
    }
    if (nowMs - this.sinceMs < STALL_MS) return false;
    this.sinceMs = nowMs;
    return true;
  }

  /** The target was reached, or there is none. */
  clear(): void {
    this.sinceMs = null;
  }
}
