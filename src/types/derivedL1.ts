import type { L1BlockRef } from './block.js';
import { ZERO_L1_REF } from './block.js';

/** How far derivation has come in one reset epoch of the engine. */
export interface DerivedL1 {
  /** The L1 block that is being derived from: all L1 data before it is in the safe heads. All-zero until it is known. */
  readonly currentL1: L1BlockRef;
  /** `EngineHeads.resetEpoch` of those safe heads: beside heads of another epoch it says nothing. */
  readonly resetEpoch: number;
}

export const NOTHING_DERIVED: DerivedL1 = { currentL1: ZERO_L1_REF, resetEpoch: 0 };
