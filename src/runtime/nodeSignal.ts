import { onAbort } from './abort.js';

/** Runs `work` with a signal of Node.js itself that fires with this one: for libraries, which may want more of it than listeners. */
export async function withNodeSignal<T>(
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const forget = onAbort(signal, () => controller.abort(signal.reason));
  try {
    return await work(controller.signal);
  } finally {
    forget();
  }
}
