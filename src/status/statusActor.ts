import { hasCode, toNodeError } from '../errors/nodeError.js';
import type { Actor } from '../runtime/actor.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../telemetry/logger.js';
import type { StatusSnapshot } from './statusSnapshot.js';

export interface StatusActorDeps {
  readonly snapshot: Pick<StatusSnapshot, 'take' | 'historyJson'>;
  readonly clock: Clock;
  readonly log: Log;
}

const EVERY_MS = 1_000;

/**
 * Takes a snapshot of the node each second. It is written as text once, when somebody asks for it first; many who ask cost
 * no more than one. A snapshot that fails is left out: the node is not to stop for being looked at.
 */
export class StatusActor implements Actor {
  readonly name = 'status';
  private status: Kept | null = null;
  private history: Kept | null = null;

  constructor(private readonly deps: StatusActorDeps) {}

  /** @throws NodeError ABORTED only. */
  async step(signal: AbortSignal): Promise<void> {
    const { snapshot, clock, log } = this.deps;
    try {
      const status = await snapshot.take(clock.nowMs());
      this.status = keep(() => status);
      this.history = keep(() => snapshot.historyJson());
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      log.debug('The status could not be taken', { error: toNodeError(thrown) });
    }
    await clock.sleep(EVERY_MS, signal);
  }

  /** The newest status as JSON; null before the first. */
  statusText(): string | null {
    return this.status?.() ?? null;
  }

  /** The history as JSON; null before the first point. */
  historyText(): string | null {
    return this.history?.() ?? null;
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
