import { hasCode, type NodeError, toNodeError } from '../errors/nodeError.js';

/** The unsafe head is not the block any more that a call builds on. */
export interface Stale {
  readonly kind: 'stale';
}

/** The result of a task that is not tried again by its lane; `unavailable` carries its temporary error. */
export type TriedOnce<R> = R | Stale | { readonly kind: 'unavailable'; readonly error: NodeError };

/** Runs a task whose caller decides what comes after a temporary failure. @throws what is not temporary, and ABORTED. */
export async function once<R>(run: () => Promise<R>): Promise<R | TriedOnce<never>> {
  try {
    return await run();
  } catch (thrown) {
    const error = toNodeError(thrown);
    if (error.severity !== 'temporary' || hasCode(error, 'ABORTED')) throw error;
    return { kind: 'unavailable', error };
  }
}
