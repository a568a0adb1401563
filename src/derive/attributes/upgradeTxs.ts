import type { Hex } from 'viem';
import { NodeError } from '../../errors/nodeError.js';
import { isActivationBlock, isActive } from '../../rollup/forks.js';
import { KARST_UPGRADE_GAS } from '../../rollup/karstUpgradeGas.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import { UPGRADE_TXS } from './data/upgradeTxs.js';

/** Forks with upgrade transactions, in the order in which their transactions come if they activate together. */
const UPGRADE_FORKS = ['ecotone', 'fjord', 'isthmus', 'jovian', 'karst'] as const;

export interface NetworkUpgrade {
  /** Encoded deposits that follow the user deposits. */
  readonly transactions: readonly Hex[];
  /** Added to the gas limit of this block alone. */
  readonly gas: bigint;
}

const NO_UPGRADE: NetworkUpgrade = { transactions: [], gas: 0n };

/**
 * What a fork's activation block carries to upgrade the contracts; nothing for every other block.
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
    transactions: activated.flatMap((fork) => UPGRADE_TXS[fork]?.transactions ?? []),
    gas: activated.includes('karst') ? KARST_UPGRADE_GAS : 0n,
  };
}

/**
 * Refuses blocks at or after `interop_time`, whose derivation is not supported.
 * @throws NodeError DERIVE_INTEROP_UNSUPPORTED, critical.
 */
export function refuseInterop(config: Pick<RollupConfig, 'forks'>, timestamp: bigint): void {
  if (!isActive(config, 'interop', timestamp)) return;
  throw new NodeError(
    'DERIVE_INTEROP_UNSUPPORTED',
    'the next block is at or after interop_time: interop is not supported by this release',
    { severity: 'critical', fields: { timestamp, interopTime: config.forks.interop } },
  );
}
