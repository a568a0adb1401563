import type { PeerId } from '@libp2p/interface';
import type { Clock } from '../../runtime/clock.js';
import { limited } from './limited.js';

/** Time between rounds over all peers, and the longest time of one. op-node `op-node/p2p/pings.go`. */
export const PING_ROUND_MS = 3 * 60_000;
/** Between two pings: ten at once, then one a second. */
const PAUSE_MS = 1_000;
const BURST = 10;
const PING_LIMIT_MS = 10_000;
/** Share of the newest ping in the average. */
const SMOOTHING = 0.1;

export interface PingsDeps {
  readonly peers: () => readonly PeerId[];
  /** Milliseconds. */
  readonly ping: (peer: PeerId, signal: AbortSignal) => Promise<number>;
  readonly clock: Clock;
}

/** The average time in which peers answer. */
export class Pings {
  private readonly averages = new Map<string, number>();

  constructor(private readonly deps: PingsDeps) {}

  /** Nanoseconds; 0 before the first answer. */
  latencyNs(peer: string): number {
    return Math.round((this.averages.get(peer) ?? 0) * 1e6);
  }

  forget(peer: string): void {
    this.averages.delete(peer);
  }

  async round(signal: AbortSignal): Promise<void> {
    const { peers, clock } = this.deps;
    const endMs = clock.monotonicMs() + PING_ROUND_MS;
    let sent = 0;
    for (const peer of peers()) {
      if (sent++ >= BURST) await clock.sleep(PAUSE_MS, signal);
      if (signal.aborted || clock.monotonicMs() >= endMs) return;
      await this.pingOne(peer, signal);
    }
  }

  private async pingOne(peer: PeerId, signal: AbortSignal): Promise<void> {
    const { ping, clock } = this.deps;
    const limit = { clock, signal, limitMs: PING_LIMIT_MS, doing: 'ping' };
    const ms = await limited(limit, (inner) => ping(peer, inner)).catch(() => null);
    if (ms === null) return;
    const name = peer.toString();
    const before = this.averages.get(name);
    this.averages.set(name, before === undefined ? ms : before + (ms - before) * SMOOTHING);
  }
}
