import type { NodeError } from '../errors/nodeError.js';
import { abortedError, onAbort, throwIfAborted } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';
import { StopSignal } from '../runtime/stopSignal.js';

export interface Deadline {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The caller's signal. */
  readonly signal: AbortSignal;
  readonly timeoutError: () => NodeError;
}

/**
 * Runs `work` with a signal that fires at the deadline or with the caller's. Ends at once when that signal fires,
 * even if the work does not heed it; timer and listeners are gone afterwards.
 * @throws the deadline's `timeoutError`; NodeError ABORTED for the caller's signal; else what the work throws.
 */
export async function withDeadline<T>(
  deadline: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, timeoutMs, signal, timeoutError } = deadline;
  throwIfAborted(signal);
  const limit = new StopSignal();
  let cancel = (): void => undefined;
  let forget = (): void => undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      const stop = (error: NodeError): void => {
        reject(error);
        limit.stop(error);
      };
      cancel = clock.schedule(timeoutMs, () => stop(timeoutError()));
      forget = onAbort(signal, () => stop(abortedError(signal.reason)));
      work(limit).then(resolve, reject);
    });
  } finally {
    cancel();
    forget();
  }
}
