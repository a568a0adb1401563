import type { Random } from './clock.js';

export interface BackoffOptions {
  /** Delay of the first retry, before jitter. */
  readonly initialMs: number;
  /** Upper bound of every delay. */
  readonly maxMs: number;
  /** Growth per attempt, at least 1. */
  readonly factor: number;
  /** Share of the delay that is random, 0 to 1: 0.5 gives delays between 50 % and 100 %. */
  readonly jitter: number;
}

/** Suits retries against a local execution client: quick at first, never slower than ten seconds. */
export const DEFAULT_BACKOFF: BackoffOptions = {
  initialMs: 100,
  maxMs: 10_000,
  factor: 2,
  jitter: 0.5,
};

/**
 * Delay before retry number `attempt` (0 for the first), in whole milliseconds.
 * Jitter only shortens, so `maxMs` holds; it keeps many clients of one endpoint from retrying in step.
 */
export function backoffDelayMs(options: BackoffOptions, attempt: number, random: Random): number {
  const full = Math.min(options.maxMs, options.initialMs * options.factor ** attempt);
  return Math.round(full * (1 - options.jitter * random()));
}

/** Counts failures in a row and gives the delay for the next try. */
export class Backoff {
  private failures = 0;

  constructor(
    private readonly options: BackoffOptions,
    private readonly random: Random,
  ) {}

  /** Failures since the last success. */
  get attempts(): number {
    return this.failures;
  }

  /** Counts one more failure; returns how long to wait before the next try, in milliseconds. */
  nextDelayMs(): number {
    const delay = backoffDelayMs(this.options, this.failures, this.random);
    this.failures += 1;
    return delay;
  }

  /** After a success: the next failure starts from the initial delay again. */
  reset(): void {
    this.failures = 0;
  }
}
