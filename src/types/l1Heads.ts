import type { L1BlockRef } from './block.js';
import { ZERO_L1_REF } from './block.js';

/** The L1 labels as last seen; all-zero refs until known. A new object for each change, never changed itself. */
export interface L1Heads {
  readonly head: L1BlockRef;
  readonly safe: L1BlockRef;
  readonly finalized: L1BlockRef;
}

/** What derivation waits on. */
export type L1Labels = Pick<L1Heads, 'head' | 'finalized'>;

/** Before L1 has been asked. */
export const UNKNOWN_L1_HEADS: L1Heads = {
  head: ZERO_L1_REF,
  safe: ZERO_L1_REF,
  finalized: ZERO_L1_REF,
};
