import type { BlockId } from './block.js';

/** An L1 block, and the L2 block that was safe once all data up to it was derived. */
export interface SafeHeadAtL1 {
  readonly l1Block: BlockId;
  readonly safeHead: BlockId;
}

/** The entry with which an L2 block became safe; or why there is none: not come to it yet, or from before the first. */
export type L1AtSafeHead = SafeHeadAtL1 | 'ahead' | 'unknown';
