import { toNodeError } from '../errors/nodeError.js';
import type { Actor } from '../runtime/actor.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../telemetry/logger.js';
import type { StatusSnapshot } from './statusSnapshot.js';

export interface StatusActorDeps {
  readonly snapshot: Pick<StatusSnapshot, 'take' | 'historyJson'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How old a snapshot is at most that somebody gets. */
const FRESH_MS = 1_000;
/** Where nobody looks: plots of the past want a point now and then, and the snapshot of a node at rest is most of what it does. */
const UNSEEN_MS = 10_000;
/** Whoever looked so lately is still there. */
const SEEN_MS = 60_000;

/**
 * Takes a snapshot of the node each second while somebody looks, else each ten seconds. It is written as text once, when
 * somebody asks for it first; many who ask cost no more than one. A snapshot that fails is left out: the node is not to stop
 * for being looked at.
 */
export class StatusActor implements Actor {
  readonly name = 'status';
  private status: Kept | null = null;
  private history: Kept | null = null;
  private taking: Promise<void> | null = null;
  /** Monotonic. */
  private takenMs = Number.NEGATIVE_INFINITY;
  private seenMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly deps: StatusActorDeps) {}

  /** @throws NodeError ABORTED only. */
  async step(signal: AbortSignal): Promise<void> {
    const { clock } = this.deps;
    await this.refresh();
    const isSeen = clock.monotonicMs() - this.seenMs < SEEN_MS;
    await clock.sleep(isSeen ? FRESH_MS : UNSEEN_MS, signal);
  }

  /** Somebody looks: what the texts say is a second old at most afterwards, where it can be taken. */
  look(): Promise<void> {
    this.seenMs = this.deps.clock.monotonicMs();
    return this.refresh();
  }

  /** The newest status as JSON; null before the first. */
  statusText(): string | null {
    return this.status?.() ?? null;
  }

  /** The history as JSON; null before the first point. */
  historyText(): string | null {
    return this.history?.() ?? null;
  }

  /** Takes a snapshot where the last one is not of this second; whoever asks meanwhile waits for the same one. */
  private async refresh(): Promise<void> {
    const isFresh = this.deps.clock.monotonicMs() - this.takenMs < FRESH_MS;
    if (this.taking === null && isFresh) return;
    this.taking ??= this.take().finally(() => {
      this.taking = null;
    });
    await this.taking;
  }

  private async take(): Promise<void> {
    const { snapshot, clock, log } = this.deps;
    this.takenMs = clock.monotonicMs();
    try {
      const status = await snapshot.take(clock.nowMs());
      this.status = keep(() => status);
      this.history = keep(() => snapshot.historyJson());
    } catch (thrown) {
      log.debug('The status could not be taken', { error: toNodeError(thrown) });
    }
  }
}

type Kept = () => string;

function keep(value: () => unknown): Kept {
  let text: string | null = null;
  return () => {
    text ??= JSON.stringify(value());
    return text;
  };
}
