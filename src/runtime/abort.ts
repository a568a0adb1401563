import { NodeError } from '../errors/nodeError.js';
import { StopSignal } from './stopSignal.js';

/** The reason where none is given: every wait of several ends in this way, and a stack each time would be dear. */
const NO_LONGER_WANTED = new Error('no longer of interest');
const UNWANTED = stopped(NO_LONGER_WANTED);

/** The one error for "stopped on purpose". Temporary, so that no policy takes it for a fault. */
export function abortedError(cause?: unknown): NodeError {
  return cause === NO_LONGER_WANTED ? UNWANTED : stopped(cause);
}

function stopped(cause: unknown): NodeError {
  return new NodeError('ABORTED', 'operation was stopped', { severity: 'temporary', cause });
}

/** @throws NodeError ABORTED when the signal has fired. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortedError(signal.reason);
}

/**
 * Calls `run` once when the signal fires, at once when it has already. The returned function removes the listener.
 * A long-lived signal collects every listener that is not removed, so callers always call it.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    run();
    return () => undefined;
  }
  signal.addEventListener('abort', run, { once: true });
  return () => signal.removeEventListener('abort', run);
}

/** How the executor of `abortable` ends its promise. */
export interface Deferred<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * A promise that the signal can end. `start` begins the wait and returns what undoes it; that runs only on abort.
 * The listener is gone as soon as the promise has settled, whichever way.
 * @throws NodeError ABORTED when the signal fires first; then later `resolve` calls do nothing. What `start` throws.
 */
export function abortable<T>(
  signal: AbortSignal,
  start: (deferred: Deferred<T>) => () => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      reject(abortedError(signal.reason));
      return;
    }
    let undo: (() => void) | null = null;
    let isStopped = false;
    const abort = (): void => {
      isStopped = true;
      undo?.();
      reject(abortedError(signal.reason));
    };
    const release = (): void => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    try {
      undo = start({
        resolve: (value) => {
          release();
          resolve(value);
        },
        reject: (error) => {
          release();
          reject(error);
        },
      });
    } catch (thrown) {
      release();
      throw thrown;
    }
    // To begin the wait may itself have fired the signal.
    if (isStopped) undo();
  });
}

/**
 * What work comes to that another caller has begun; null where it fails or is stopped, which is not this caller's concern.
 * @throws NodeError ABORTED as soon as this caller's signal fires: the work goes on without it.
 */
export function outcomeOfShared<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return abortable<T | null>(signal, ({ resolve }) => {
    work.then(resolve, () => resolve(null));
    return () => undefined;
  });
}

/** A signal of its own together with what detaches it from its sources. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  /** Fires the linked signal alone; its sources are not touched. */
  abort(reason?: unknown): void;
  /** Removes the listeners from the sources; call it when the work is over. */
  dispose(): void;
}

/** A signal that fires as soon as one of the sources fires, with that source's reason. It is not for libraries: see StopSignal. */
export function linkSignals(...sources: readonly AbortSignal[]): LinkedSignal {
  const signal = new StopSignal();
  const removers: (() => void)[] = [];
  for (const source of sources) {
    removers.push(onAbort(source, () => signal.stop(source.reason)));
  }
  return {
    signal,
    abort: (reason = NO_LONGER_WANTED) => signal.stop(reason),
    dispose: () => {
      for (const remove of removers) remove();
    },
  };
}
