import { maxSequencerDrift } from '../rollup/chainLimits.js';
import { type Fork, isActivationBlock } from '../rollup/forks.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { L1BlockRef } from '../types/block.js';

type Config = Pick<RollupConfig, 'blockTime' | 'forks' | 'channelTimeout' | 'maxSequencerDrift'>;

/** Forks whose activation block carries upgrade transactions and none of users. Granite and Holocene have none. */
const FORKS_WITHOUT_USER_TXS = ['ecotone', 'fjord', 'isthmus', 'jovian', 'karst'] as const;

/** Forks whose activation block is announced. */
const ANNOUNCED_FORKS = [...FORKS_WITHOUT_USER_TXS, 'granite', 'holocene'] as const;

/**
 * Whether the block may take no transactions from the pool: it is further from its L1 origin than the drift allows,
 * or it activates a fork with upgrade transactions. op-node `rollup/sequencing/sequencer.go` startBuildingBlock.
 */
export function excludesPool(config: Config, timestamp: bigint, origin: L1BlockRef): boolean {
  if (timestamp > origin.timestamp + maxSequencerDrift(config, origin.timestamp)) return true;
  return FORKS_WITHOUT_USER_TXS.some((fork) => isActivationBlock(config, fork, timestamp));
}

/** The forks that the block activates, for the log. */
export function activatedForks(config: Config, timestamp: bigint): readonly Fork[] {
  return ANNOUNCED_FORKS.filter((fork) => isActivationBlock(config, fork, timestamp));
}
