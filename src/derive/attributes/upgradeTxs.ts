import type { Hex } from 'viem';
import { isActivationBlock } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import { upgradeGas } from '../../rollup/upgradeGas.js';
import { UPGRADE_TXS } from './data/upgradeTxs.js';
import { unpackedUpgradeTxs } from './unpackedUpgradeTxs.js';

/** Forks with upgrade transactions, in the order in which their transactions come if they activate together. */
const UPGRADE_FORKS = ['ecotone', 'fjord', 'isthmus', 'jovian', 'karst', 'lagoon'] as const;

export interface NetworkUpgrade {
  /** Encoded deposits that follow the user deposits. */
  readonly transactions: readonly Hex[];
  /** Added to the gas limit of this block alone. */
  readonly gas: bigint;
}

const NO_UPGRADE: NetworkUpgrade = { transactions: [], gas: 0n };

/**
 * What a fork's activation block carries to upgrade the contracts; nothing for every other block.
 * Lagoon's is that of a chain alone in its dependency set: the only one that this node derives.
 * Spec: protocol/<fork>/derivation, "Network upgrade automation transactions".
 * @param timestamp the L2 block's.
 */
export function networkUpgrade(
  config: Pick<RollupConfig, 'forks' | 'blockTime'>,
  timestamp: bigint,
): NetworkUpgrade {
  const activated = UPGRADE_FORKS.filter((fork) => isActivationBlock(config, fork, timestamp));
  if (activated.length === 0) return NO_UPGRADE;
  return {
    transactions: activated.flatMap(upgradeTransactions),
    gas: upgradeGas(config, timestamp),
  };
}

/** What a fork's activation adds; nothing for one without upgrade transactions. */
export function upgradeTransactions(fork: string): readonly Hex[] {
  const found = UPGRADE_TXS[fork];
  return found === undefined ? [] : unpackedUpgradeTxs(found.packed);
}
