/** Why a block that somebody else builds through this node was not made; each has a code of its own for the caller. */
export type ExternalBlockFault =
  | 'temporary'
  | 'prestate'
  | 'invalidInput'
  | 'unknownPayload'
  | 'other'
  /** The call failed before the engine judged it. */
  | 'failed';

/** What became of it. Nothing is tried again here. */
export type ExternalResult<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly fault: ExternalBlockFault; readonly message: string };
