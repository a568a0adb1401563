import type { PollOutcome } from '../pollOutcome.js';

/** How a poll of a source ended. */
export interface SourcePoll {
  readonly end: PollOutcome;
  /** The safe head that it named; null when no status could be read. */
  readonly safe: bigint | null;
  /** It said how things were rather than how they are. */
  readonly isStale: boolean;
}

/** A change of the active source. */
export interface SourceSwitch {
  readonly from: number;
  readonly to: number;
  readonly why: 'failing' | 'preferred' | 'stale' | 'lagging';
}

export interface SourceSelectorOptions {
  readonly sourceCount: number;
  /** Blocks that another source may be ahead of a standing active one; 0 never changes for that. */
  readonly maxLagBlocks: number;
}

/** Polls in a row that must fail or be refused before another source takes over. */
const BAD_POLLS = 3;
/** Good polls in a row that a source higher in the list needs to take over again. */
const GOOD_POLLS = 5;
/** Polls in a row that must be stale before a fresh source takes over. */
const STALE_POLLS = 3;
/** Polls in a row in which the active source's safe head did not move, before it counts as standing still. */
const STILL_POLLS = 3;
/** A restarted op-node walks its safe head back and needs minutes to derive it again. */
const BEHIND_GRACE_MS = 300_000;

interface Track {
  badRun: number;
  goodRun: number;
  stillRun: number;
  staleRun: number;
  behindSinceMs: number | null;
  safe: bigint | null;
  isDescentShown: boolean;
}

/**
 * Decides which of several sources, listed by preference, is followed. Pure bookkeeping: it is told how polls ended
 * and says when to change. A change never moves a head back, since the checks of each status see to that.
 */
export class SourceSelector {
  private readonly tracks: readonly Track[];
  private activeIndex = 0;

  constructor(private readonly options: SourceSelectorOptions) {
    this.tracks = Array.from({ length: options.sourceCount }, () => ({
      badRun: 0,
      goodRun: 0,
      stillRun: 0,
      staleRun: 0,
      behindSinceMs: null,
      safe: null,
      isDescentShown: false,
    }));
  }

  get active(): number {
    return this.activeIndex;
  }

  /** The sources besides the active one that are polled to see whether they should take over. */
  get standby(): readonly number[] {
    const others = this.tracks.map((_, i) => i).filter((i) => i !== this.activeIndex);
    const isAnyWanted = this.options.maxLagBlocks > 0 || this.isStale(this.activeIndex);
    return isAnyWanted ? others : others.filter((i) => i < this.activeIndex);
  }

  /** True when the last poll of that source that told anything was a good one. */
  isHealthy(index: number): boolean {
    return (this.tracks[index]?.goodRun ?? 0) > 0;
  }

  /** Takes how a poll of a source ended: `waiting` says nothing about the source. @param nowMs monotonic. */
  note(index: number, { end, safe, isStale }: SourcePoll, nowMs: number): void {
    const track = this.tracks[index];
    if (track === undefined || (end.kind === 'held' && end.why === 'waiting')) return;
    track.isDescentShown = false;
    if (safe !== null) track.staleRun = isStale ? track.staleRun + 1 : 0;
    if (end.kind === 'held' && end.why === 'stale') {
      track.goodRun = 0;
      return;
    }
    if (safe === null || (end.kind === 'held' && end.why !== 'behind')) {
      track.badRun += 1;
      track.goodRun = 0;
      return;
    }
    track.stillRun = track.safe === safe ? track.stillRun + 1 : 0;
    track.safe = safe;
    if (end.kind === 'accepted') {
      track.badRun = 0;
      track.goodRun += 1;
      track.behindSinceMs = null;
      track.isDescentShown = end.isDescentShown;
      return;
    }
    track.goodRun = 0;
    track.behindSinceMs ??= nowMs;
    const isOverdue = nowMs - track.behindSinceMs >= BEHIND_GRACE_MS;
    track.badRun = isOverdue ? track.badRun + 1 : 0;
  }

  /** Makes the change that is due, if any. */
  change(): SourceSwitch | null {
    const from = this.activeIndex;
    const found = this.failover() ?? this.preferred() ?? this.fresher() ?? this.ahead();
    if (found === null) return null;
    this.activeIndex = found.to;
    const left = this.tracks[from];
    const taken = this.tracks[found.to];
    // The run of good polls that leads back begins now; the new one gets its three polls whatever it did on standby.
    if (left !== undefined) left.goodRun = 0;
    if (taken !== undefined) taken.badRun = 0;
    return { from, ...found };
  }

  private failover(): Omit<SourceSwitch, 'from'> | null {
    const count = this.tracks.length;
    if (count < 2 || this.runOf(this.activeIndex) < BAD_POLLS) return null;
    const cycle = Array.from({ length: count - 1 }, (_, i) => (this.activeIndex + 1 + i) % count);
    const to = cycle.find((i) => this.runOf(i) < BAD_POLLS) ?? cycle[0];
    return to === undefined ? null : { to, why: 'failing' };
  }

  private preferred(): Omit<SourceSwitch, 'from'> | null {
    const to = this.tracks.findIndex((track) => track.goodRun >= GOOD_POLLS && !track.staleRun);
    return to >= 0 && to < this.activeIndex ? { to, why: 'preferred' } : null;
  }

  /** Where no other source is known to be good and fresh, the stale one is followed on: it may be all there is. */
  private fresher(): Omit<SourceSwitch, 'from'> | null {
    const active = this.tracks[this.activeIndex];
    if (active === undefined || active.staleRun < STALE_POLLS) return null;
    const to = this.tracks.findIndex((track) => track.goodRun > 0 && !track.staleRun);
    return to < 0 ? null : { to, why: 'stale' };
  }

  private ahead(): Omit<SourceSwitch, 'from'> | null {
    const active = this.tracks[this.activeIndex];
    const { maxLagBlocks } = this.options;
    if (maxLagBlocks === 0 || active === undefined || active.stillRun < STILL_POLLS) return null;
    const limit = (active.safe ?? 0n) + BigInt(maxLagBlocks);
    let best: { to: number; safe: bigint } | null = null;
    for (const [to, track] of this.tracks.entries()) {
      if (track.safe === null || track.goodRun === 0 || !track.isDescentShown) continue;
      if (track.safe > (best?.safe ?? limit)) best = { to, safe: track.safe };
    }
    return best === null ? null : { to: best.to, why: 'lagging' };
  }

  private isStale(index: number): boolean {
    return (this.tracks[index]?.staleRun ?? 0) > 0;
  }

  private runOf(index: number): number {
    return this.tracks[index]?.badRun ?? 0;
  }
}
