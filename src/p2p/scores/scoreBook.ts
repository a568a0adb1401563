import type { Clock } from '../../runtime/clock.js';
import type { P2pStore } from '../ports.js';
import type { PeerId } from '../reqresp/ports.js';
import type { AppCounters, LightAppScores } from './appScores.js';

const PREFIX = '/peers/scores/';

interface ScoreRecord {
  /** Unix milliseconds of the last change: the counters of who is connected decay. */
  readonly changedMs: number;
  readonly counters: AppCounters;
}

export interface ScoreBookDeps {
  readonly store: P2pStore;
  readonly scores: Pick<LightAppScores, 'all' | 'restore' | 'forget'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * Application scores over restarts: who has misbehaved is not welcome again because we were away for a moment. A score is
 * forgotten once its peer has been away for so long. op-node `op-node/p2p/store/scorebook.go`.
 */
export class ScoreBook {
  constructor(
    private readonly options: { readonly keepMs: number },
    private readonly deps: ScoreBookDeps,
  ) {}

  /** Gives the scores of the last run back; once, before there are peers. */
  restore(): void {
    for (const [key, value] of this.deps.store.entries(PREFIX)) {
      const record = decode(value);
      if (this.isOld(record)) continue;
      this.deps.scores.restore(key.slice(PREFIX.length), record.counters);
    }
  }

  /** Writes what has changed, and forgets what is old. */
  async save(): Promise<void> {
    const { scores, store, clock } = this.deps;
    for (const [peer, counters] of [...scores.all()]) {
      const record = this.read(peer);
      if (record === null || !isSame(record.counters, counters)) {
        const changed: ScoreRecord = { changedMs: clock.nowMs(), counters };
        await store.put(PREFIX + peer, Buffer.from(JSON.stringify(changed)));
      } else if (this.isOld(record)) {
        scores.forget(peer);
      }
    }
  }

  /** Deletes old records. */
  async cleanUp(): Promise<void> {
    const { store } = this.deps;
    for (const [key, value] of [...store.entries(PREFIX)]) {
      if (this.isOld(decode(value))) await store.delete(key);
    }
  }

  private read(peer: PeerId): ScoreRecord | null {
    const value = this.deps.store.get(PREFIX + peer);
    return value === null ? null : decode(value);
  }

  private isOld({ changedMs }: ScoreRecord): boolean {
    return this.deps.clock.nowMs() - changedMs > this.options.keepMs;
  }
}

function decode(value: Uint8Array): ScoreRecord {
  return JSON.parse(Buffer.from(value).toString()) as ScoreRecord;
}

function isSame(one: AppCounters, other: AppCounters): boolean {
  return (
    one.validResponses === other.validResponses &&
    one.errorResponses === other.errorResponses &&
    one.rejectedPayloads === other.rejectedPayloads
  );
}
