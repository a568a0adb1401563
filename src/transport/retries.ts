import type { BackoffOptions } from '../runtime/backoff.js';
import { Backoff } from '../runtime/backoff.js';
import type { Clock, Random } from '../runtime/clock.js';
import { HttpStatusError } from './transportErrors.js';

export interface RetriesOptions {
  /** How often a request is sent again at most; 0 never. */
  readonly retries: number;
}

export interface RetriesDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** Too many requests, bad gateway, unavailable, gateway timeout: the request was not served, and another may be. */
const TURNED_AWAY: readonly number[] = [429, 502, 503, 504];
/** Where the endpoint does not say when to come again; the longest is what a caller waits at most for one request. */
const BACKOFF: BackoffOptions = { initialMs: 250, maxMs: 2_000, factor: 2, jitter: 0.5 };

/**
 * Sends requests again that an endpoint turned away, for requests that may be sent twice. Until it may be asked again,
 * as it says or after a back-off, nothing at all is sent to it: an endpoint over its limit is not asked more than before.
 * What fails otherwise is left to the caller.
 */
export class Retries {
  /** Monotonic. */
  private notBeforeMs = 0;
  private readonly backoff: Backoff;

  constructor(
    private readonly options: RetriesOptions,
    private readonly deps: RetriesDeps,
  ) {
    this.backoff = new Backoff(BACKOFF, deps.random);
  }

  /** @throws what the last `send` threw; NodeError ABORTED when the signal fires while it waits. */
  async run<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { retries } = this.options;
    if (retries === 0) return send();
    for (let attempt = 0; ; attempt += 1) {
      await this.waitUntilWelcome(signal);
      try {
        const result = await send();
        this.backoff.reset();
        return result;
      } catch (thrown) {
        if (!isTurnedAway(thrown)) throw thrown;
        this.holdBack(thrown);
        if (attempt >= retries) throw thrown;
      }
    }
  }

  private async waitUntilWelcome(signal: AbortSignal): Promise<void> {
    const { clock } = this.deps;
    for (let waitMs = this.leftMs(); waitMs > 0; waitMs = this.leftMs()) {
      await clock.sleep(waitMs, signal);
    }
  }

  private leftMs(): number {
    return this.notBeforeMs - this.deps.clock.monotonicMs();
  }

  private holdBack({ retryAfterMs }: HttpStatusError): void {
    const waitMs = retryAfterMs ?? this.backoff.nextDelayMs();
    this.notBeforeMs = Math.max(this.notBeforeMs, this.deps.clock.monotonicMs() + waitMs);
  }
}

function isTurnedAway(thrown: unknown): thrown is HttpStatusError {
  return thrown instanceof HttpStatusError && TURNED_AWAY.includes(thrown.status);
}
