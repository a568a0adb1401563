import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Address } from '../../src/types/block.js';

export const DAY_L1_BLOCK_SEC = 12;

/** What a day is made of. */
export interface DayConfig extends Pick<RollupConfig, 'l1ChainId' | 'l2ChainId'> {
  readonly batchInboxAddress: Address;
  readonly genesisSec: number;
  /** Transactions of others in each L1 block. */
  readonly l1Transactions: number;
}
