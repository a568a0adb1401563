import type { L1BlockRef, L2BlockRef } from './block.js';
import { ZERO_L1_REF, ZERO_L2_REF } from './block.js';

/** How far the followed chain is proven by derivation beside following. */
export interface Proven {
  /** The L1 block that is being derived from: all L1 data before it is in `safe`. All-zero until it is known. */
  readonly currentL1: L1BlockRef;
  /** The newest proven block that ends a batch. All-zero before the beginning. */
  readonly safe: L2BlockRef;
}

export const NOTHING_PROVEN: Proven = { currentL1: ZERO_L1_REF, safe: ZERO_L2_REF };
