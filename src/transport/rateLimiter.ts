import type { Clock } from '../runtime/clock.js';

export interface RateLimiterOptions {
  /** Long-term average, above 0. */
  readonly requestsPerSecond: number;
  /** Requests that may go out at once after a pause, at least 1. */
  readonly burst: number;
}

/**
 * A token bucket: over time no more than the given rate, in a burst no more than `burst`. Callers pass in the order
 * in which they asked. op-node `op-service/client/rate_limited.go`.
 */
export class RateLimiter {
  private tokens: number;
  private refilledMs: number;

  constructor(
    private readonly options: RateLimiterOptions,
    private readonly deps: { readonly clock: Clock },
  ) {
    this.tokens = options.burst;
    this.refilledMs = deps.clock.monotonicMs();
  }

  /**
   * Takes the tokens for `count` requests and waits until they are due; more than `burst` count as `burst`.
   * @throws NodeError ABORTED when the signal fires first; the tokens are given back.
   */
  async take(count: number, signal: AbortSignal): Promise<void> {
    const cost = Math.min(count, this.options.burst);
    this.refill();
    this.tokens -= cost;
    if (this.tokens >= 0) return;
    try {
      const waitMs = Math.ceil((-this.tokens * 1000) / this.options.requestsPerSecond);
      await this.deps.clock.sleep(waitMs, signal);
    } catch (thrown) {
      this.tokens += cost;
      throw thrown;
    }
  }

  private refill(): void {
    const now = this.deps.clock.monotonicMs();
    const earned = ((now - this.refilledMs) * this.options.requestsPerSecond) / 1000;
    this.tokens = Math.min(this.options.burst, this.tokens + earned);
    this.refilledMs = now;
  }
}
