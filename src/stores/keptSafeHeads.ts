import { LruCache } from '../runtime/lruCache.js';
import type { SafeHeadAtL1 } from '../types/safeHeadAtL1.js';

/** Answers kept: some 500 bytes each, so two megabytes. */
const MAX_KEPT = 4096;

/**
 * Answers of a safe-head database, by the L1 number asked for. Entries are written from the lowest up, so that what is below
 * the newest stands until a reset, and whoever asks for that one or above is told of it. The least recently asked for go
 * first. Where there is none, nothing is kept.
 */
export class KeptSafeHeads {
  private readonly kept = new LruCache<bigint, SafeHeadAtL1>(MAX_KEPT);
  private readonly newestAtOrBelow: (l1Number: bigint) => SafeHeadAtL1 | null;
  /** Null where it is not known. */
  private newest: SafeHeadAtL1 | null = null;
  /** Everything kept was asked for below this number. */
  private end = 0n;

  /** @param newestAtOrBelow looks into the database. */
  constructor(newestAtOrBelow: (l1Number: bigint) => SafeHeadAtL1 | null) {
    this.newestAtOrBelow = newestAtOrBelow;
  }

  /** The newest entry at or below that L1 block; null when there is none. @param highest no entry is above it. */
  at(l1Number: bigint, highest: bigint): SafeHeadAtL1 | null {
    const newest = this.newestOf(highest);
    if (newest === null || l1Number >= newest.l1Block.number) return newest;
    const known = this.kept.get(l1Number);
    if (known !== undefined) return known;
    const found = this.newestAtOrBelow(l1Number);
    if (found !== null) this.kept.set(l1Number, found);
    return found;
  }

  /** An entry was written. */
  written(l1Number: bigint): void {
    if (l1Number < this.end) this.clear();
    this.newest = null;
  }

  /** Entries were taken away or written anew. */
  clear(): void {
    this.kept.clear();
    this.newest = null;
    this.end = 0n;
  }

  private newestOf(highest: bigint): SafeHeadAtL1 | null {
    if (this.newest !== null) return this.newest;
    this.newest = this.newestAtOrBelow(highest);
    this.end = this.newest?.l1Block.number ?? this.end;
    return this.newest;
  }
}
