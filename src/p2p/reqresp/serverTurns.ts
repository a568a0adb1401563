import type { Clock } from '../../runtime/clock.js';
import { LruCache } from '../../runtime/lruCache.js';
import { RateLimiter } from '../../transport/rateLimiter.js';
import type { PeerId } from './ports.js';

/** Of all peers together. */
export const GLOBAL_LIMITS = { requestsPerSecond: 20, burst: 40 } as const;
/** Of one peer. */
export const PEER_LIMITS = { requestsPerSecond: 4, burst: 15 } as const;
const MAX_REMEMBERED_PEERS = 1000;
/** A peer's requests at once, waiting ones included: a whole burst, and one. */
const MAX_OPEN_PER_PEER = PEER_LIMITS.burst + 1;

/**
 * When a request of a peer is served. A peer waits for its own turn first and for everybody's after that, so that who asks
 * too much uses up nothing but its own. Differs: op-node takes from everybody's first, and holds all up while one waits.
 * op-node `op-node/p2p/sync.go` ReqRespServer.
 */
export class ServerTurns {
  private readonly limiters = new LruCache<PeerId, RateLimiter>(MAX_REMEMBERED_PEERS);
  private readonly everybody: RateLimiter;
  private readonly open = new Map<PeerId, number>();

  constructor(private readonly deps: { readonly clock: Clock }) {
    this.everybody = new RateLimiter(GLOBAL_LIMITS, deps);
  }

  /** Counts a request in. @returns what counts it out again; null when the peer has too many. */
  enter(peer: PeerId): (() => void) | null {
    const count = this.open.get(peer) ?? 0;
    if (count >= MAX_OPEN_PER_PEER) return null;
    this.open.set(peer, count + 1);
    return () => this.leave(peer);
  }

  /** @throws NodeError ABORTED when the signal fires before it is this request's turn. */
  async turn(peer: PeerId, signal: AbortSignal): Promise<void> {
    let limiter = this.limiters.get(peer);
    if (limiter === undefined) {
      limiter = new RateLimiter(PEER_LIMITS, this.deps);
      this.limiters.set(peer, limiter);
    }
    await limiter.take(1, signal);
    await this.everybody.take(1, signal);
  }

  private leave(peer: PeerId): void {
    const count = (this.open.get(peer) ?? 1) - 1;
    if (count === 0) this.open.delete(peer);
    else this.open.set(peer, count);
  }
}
