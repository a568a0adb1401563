import type { NodeError } from '../errors/nodeError.js';

/** How a submitted task ended; each task settles exactly once. */
export type Settled<R> =
  | { readonly kind: 'ok'; readonly value: R }
  | { readonly kind: 'failed'; readonly error: NodeError }
  /** A newer task took its place, or a reset cleared its lane. */
  | { readonly kind: 'superseded' }
  /** The caller's signal fired, or the node is stopping. */
  | { readonly kind: 'aborted' };

/** The work of a task. A thrown NodeError of severity temporary is retried with back-off while others run. */
export type Task<R> = (signal: AbortSignal) => Promise<R>;
