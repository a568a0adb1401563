import type { Hex } from 'viem';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';

/** In attributes: the chain's own parameters. */
export const ZERO_PARAMS = '0x0000000000000000';

/** The chain's own EIP-1559 parameters from Canyon on, as a block's extra data has them. */
export function chainParams(config: RollupConfig): Hex {
  const own = config.chainOpConfig;
  if (own === null) return ZERO_PARAMS;
  const denominator = own.eip1559DenominatorCanyon ?? own.eip1559Denominator;
  return `0x${u32(denominator)}${u32(own.eip1559Elasticity)}`;
}

function u32(value: bigint): string {
  return value.toString(16).padStart(8, '0');
}
