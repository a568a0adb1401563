import { NodeError, toNodeError } from '../errors/nodeError.js';
import { Backoff, type BackoffOptions } from '../runtime/backoff.js';
import type { Clock, Random } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';

export interface StartRetryDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** op-node dials ten times before it gives up. */
const ATTEMPTS = 10;
const BACKOFF: BackoffOptions = { initialMs: 250, maxMs: 10_000, factor: 2, jitter: 0.2 };

/**
 * Runs a check that start-up cannot do without, again with back-off while the endpoint fails for now.
 * @param endpoint for logs and the error: which endpoint is asked.
 * @throws NODE_ENDPOINT_UNAVAILABLE (critical) after ten attempts; any other than a temporary error at once.
 */
export async function withStartRetry<T>(
  endpoint: string,
  check: (signal: AbortSignal) => Promise<T>,
  deps: StartRetryDeps,
  signal: AbortSignal,
): Promise<T> {
  const backoff = new Backoff(BACKOFF, deps.random);
  for (let attempt = 1; ; attempt++) {
    try {
      return await check(signal);
    } catch (thrown) {
      const error = toNodeError(thrown);
      if (error.severity !== 'temporary' || signal.aborted) throw error;
      if (attempt === ATTEMPTS) {
        throw new NodeError('NODE_ENDPOINT_UNAVAILABLE', `${endpoint} is not available`, {
          severity: 'critical',
          fields: { attempts: ATTEMPTS },
          cause: error,
        });
      }
      const delayMs = backoff.nextDelayMs();
      deps.log.warn('Endpoint is not available yet, trying again', {
        endpoint,
        attempt,
        delayMs: Math.round(delayMs),
        err: error,
      });
      await deps.clock.sleep(delayMs, signal);
    }
  }
}
