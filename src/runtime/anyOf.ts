import { linkSignals } from './abort.js';

/**
 * Resolves as soon as one of the waits does, and ends the others.
 * @param waits each is given a signal that fires when it is no longer of interest.
 * @throws what the first wait to end threw; NodeError ABORTED when the signal fires.
 */
export async function anyOf<T>(
  waits: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal,
): Promise<T> {
  const link = linkSignals(signal);
  try {
    return await Promise.race(waits.map((wait) => wait(link.signal)));
  } finally {
    link.abort();
    link.dispose();
  }
}
