import type { BlockId } from './block.js';

/** An L1 block, and the L2 block that was safe once all data up to it was derived. */
export interface SafeHeadAtL1 {
  readonly l1Block: BlockId;
  readonly safeHead: BlockId;
}
