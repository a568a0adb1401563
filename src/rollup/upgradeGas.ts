import { isActivationBlock } from './forks.js';
import type { RollupConfig } from './rollupConfig.js';

/** Gas of a fork's upgrade transactions: the sum of their gas limits. Forks before Karst fit theirs into the gas limit. */
export const UPGRADE_GAS = { karst: 55_370_657n, lagoon: 60_503_172n } as const;

const FORKS = ['karst', 'lagoon'] as const;

type Config = Pick<RollupConfig, 'forks' | 'blockTime'>;

/**
 * Gas that the block gets on top of the gas limit of its system config: zero but in the activation blocks of Karst and
 * Lagoon. Spec: protocol/karst, "Network upgrade transactions".
 */
export function upgradeGas(config: Config, timestamp: bigint): bigint {
  return gasOf(FORKS, config, timestamp);
}

/**
 * The part of `upgradeGas` that the next block does not have any more: all of it, but Karst's on a chain that keeps that
 * (`keep_karst_upgrade_gas`).
 */
export function passingUpgradeGas(
  config: Config & Pick<RollupConfig, 'keepKarstUpgradeGas'>,
  timestamp: bigint,
): bigint {
  return gasOf(config.keepKarstUpgradeGas ? ['lagoon'] : FORKS, config, timestamp);
}

function gasOf(
  forks: readonly (keyof typeof UPGRADE_GAS)[],
  config: Config,
  timestamp: bigint,
): bigint {
  return forks
    .filter((fork) => isActivationBlock(config, fork, timestamp))
    .reduce((sum, fork) => sum + UPGRADE_GAS[fork], 0n);
}
