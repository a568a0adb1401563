import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Turn } from '../../rollup/slices.js';
import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { DeriveL2Source, DeriveObserver } from '../ports.js';
import type { SafeBlocks } from './safeBlocks.js';

/** What a batch is judged by. */
export interface BatchContext {
  readonly config: RollupConfig;
  /** Consecutive L1 blocks that blocks on top of the safe head may have as origin, oldest first. */
  readonly l1Blocks: readonly L1BlockRef[];
  readonly safeHead: L2BlockRef;
  /** L1 block that completed the batch's channel. */
  readonly inclusion: L1BlockRef;
  readonly l2: Pick<DeriveL2Source, 'l2BlockRefByNumber'>;
  readonly safeBlocks: SafeBlocks;
  readonly observer: DeriveObserver;
  readonly turn: Turn;
}
