import type { PeerId, ResponseScorer } from '../reqresp/ports.js';
import { APP_COUNTERS, DECAY_PER_SLOT, DECAY_TO_ZERO } from './parameters.js';

/** The counters of one peer. */
export type AppCounters = Readonly<Record<keyof typeof APP_COUNTERS, number>>;

const NAMES = Object.keys(APP_COUNTERS) as (keyof typeof APP_COUNTERS)[];
const NO_COUNTERS: AppCounters = { validResponses: 0, errorResponses: 0, rejectedPayloads: 0 };
/** Peers with counters at once: of those that left, the ones that were counted longest ago are forgotten. */
const MAX_PEERS = 1000;

/** The application scores of peers. op-node `op-node/p2p/app_scores.go`. */
export interface AppScores extends ResponseScorer {
  /** What gossipsub adds to its own score. */
  score(peer: PeerId): number;
  counters(peer: PeerId): AppCounters;
  /** Once a slot, with the peers that are connected: those that left keep theirs. */
  decay(connected: Iterable<PeerId>): void;
}

/** With `--p2p.scoring=light`. */
export class LightAppScores implements AppScores {
  private readonly peers = new Map<PeerId, AppCounters>();

  score(peer: PeerId): number {
    const counters = this.counters(peer);
    return NAMES.reduce((sum, name) => sum + counters[name] * APP_COUNTERS[name].weight, 0);
  }

  counters(peer: PeerId): AppCounters {
    return this.peers.get(peer) ?? NO_COUNTERS;
  }

  /** Counters of an earlier run, from the store. */
  restore(peer: PeerId, counters: AppCounters): void {
    this.put(peer, counters);
  }

  /** All peers that have counters, those that left as well. */
  all(): Iterable<readonly [peer: PeerId, counters: AppCounters]> {
    return this.peers;
  }

  forget(peer: PeerId): void {
    this.peers.delete(peer);
  }

  validResponse(peer: PeerId): void {
    this.count(peer, 'validResponses');
  }

  errorResponse(peer: PeerId): void {
    this.count(peer, 'errorResponses');
  }

  rejectedPayload(peer: PeerId): void {
    this.count(peer, 'rejectedPayloads');
  }

  decay(connected: Iterable<PeerId>): void {
    for (const peer of connected) {
      const counters = this.peers.get(peer);
      if (counters === undefined) continue;
      const decayed = mapCounters((name) => decayedCount(counters[name]));
      if (NAMES.every((name) => decayed[name] === 0)) this.peers.delete(peer);
      else this.peers.set(peer, decayed);
    }
  }

  private count(peer: PeerId, counted: keyof AppCounters): void {
    const { [counted]: before } = this.counters(peer);
    const after = Math.min(before + 1, APP_COUNTERS[counted].cap);
    this.put(peer, { ...this.counters(peer), [counted]: after });
  }

  private put(peer: PeerId, counters: AppCounters): void {
    this.peers.delete(peer);
    this.peers.set(peer, counters);
    const [oldest] = this.peers.keys();
    if (this.peers.size > MAX_PEERS && oldest !== undefined) this.peers.delete(oldest);
  }
}

/** With `--p2p.scoring=none`. */
export class DisabledAppScores implements AppScores {
  score(): number {
    return 0;
  }

  counters(): AppCounters {
    return NO_COUNTERS;
  }

  validResponse(): void {}
  errorResponse(): void {}
  rejectedPayload(): void {}
  decay(): void {}
}

function mapCounters(value: (name: keyof AppCounters) => number): AppCounters {
  return {
    validResponses: value('validResponses'),
    errorResponses: value('errorResponses'),
    rejectedPayloads: value('rejectedPayloads'),
  };
}

function decayedCount(count: number): number {
  const decayed = count * DECAY_PER_SLOT;
  return decayed < DECAY_TO_ZERO ? 0 : decayed;
}
