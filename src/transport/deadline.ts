import type { NodeError } from '../errors/nodeError.js';
import { abortable, abortedError, linkSignals } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';

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
  const link = linkSignals(deadline.signal);
  let isLate = false;
  const cancel = deadline.clock.schedule(deadline.timeoutMs, () => {
    isLate = true;
    link.abort();
  });
  try {
    return await abortable<T>(link.signal, ({ resolve, reject }) => {
      work(link.signal).then(resolve, reject);
      return () => undefined;
    });
  } catch (thrown) {
    if (isLate) throw deadline.timeoutError();
    if (deadline.signal.aborted) throw abortedError(deadline.signal.reason);
    throw thrown;
  } finally {
    cancel();
    link.dispose();
  }
}
