import type { ForkTimes, RollupConfig } from './rollupConfig.js';

/** Forks that change L2 behaviour, in order. Each includes the ones before it. */
export const FORKS = [
  'regolith',
  'canyon',
  'delta',
  'ecotone',
  'fjord',
  'granite',
  'holocene',
  'isthmus',
  'jovian',
  'karst',
  'lagoon',
] as const satisfies readonly (keyof ForkTimes)[];

export type Fork = (typeof FORKS)[number];

type ForkSource = Pick<RollupConfig, 'forks'>;

/**
 * True when the fork is active at this L2 time (Unix seconds). The only place that compares fork times.
 * Spec: protocol/superchain-upgrades, "Activation rules"; op-node `rollup/types.go`.
 */
export function isActive(config: ForkSource, fork: keyof ForkTimes, timestamp: bigint): boolean {
  const at = config.forks[fork];
  return at !== undefined && timestamp >= at;
}

/**
 * True for the first L2 block at which the fork is active: active now and not one block time earlier.
 * A fork active at genesis has no activation block: the block before the first derived one has it already.
 */
export function isActivationBlock(
  config: Pick<RollupConfig, 'forks' | 'blockTime'>,
  fork: Fork,
  timestamp: bigint,
): boolean {
  return (
    isActive(config, fork, timestamp) &&
    timestamp >= config.blockTime &&
    !isActive(config, fork, timestamp - config.blockTime)
  );
}
