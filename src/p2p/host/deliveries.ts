import type { Clock } from '../../runtime/clock.js';

/** What a peer has sent us of blocks since it connected. */
export interface PeerDeliveries {
  /** Blocks that we had from this peer before any other, and took. */
  first: number;
  /** Messages that we had already, from another peer or from this one. */
  late: number;
  rejected: number;
  /** Monotonic milliseconds of the last block that was taken; of the connection where there was none. */
  lastUsefulMs: number;
}

/** A peer that has delivered nothing for so long is let go before others when there are too many. */
const IDLE_MS = 10 * 60_000;

/** Who delivers blocks, by peer id. Holds connected peers only, so it is as bounded as they are. */
export class Deliveries {
  private readonly byPeer = new Map<string, PeerDeliveries>();

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  connected(peer: string): void {
    if (this.byPeer.has(peer)) return;
    const lastUsefulMs = this.clock.monotonicMs();
    this.byPeer.set(peer, { first: 0, late: 0, rejected: 0, lastUsefulMs });
  }

  disconnected(peer: string): void {
    this.byPeer.delete(peer);
  }

  record(peer: string, verdict: 'accept' | 'ignore' | 'reject'): void {
    const seen = this.byPeer.get(peer);
    if (seen === undefined) return;
    if (verdict === 'reject') seen.rejected += 1;
    else if (verdict === 'ignore') seen.late += 1;
    else {
      seen.first += 1;
      seen.lastUsefulMs = this.clock.monotonicMs();
    }
  }

  /** A message that gossip knows without a look into it. */
  recordDuplicate(peer: string): void {
    const seen = this.byPeer.get(peer);
    if (seen !== undefined) seen.late += 1;
  }

  of(peer: string): Readonly<PeerDeliveries> | null {
    return this.byPeer.get(peer) ?? null;
  }

  isIdle(peer: string): boolean {
    const seen = this.byPeer.get(peer);
    return seen !== undefined && this.clock.monotonicMs() - seen.lastUsefulMs > IDLE_MS;
  }
}
