import type { ForkTimes, RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { BlockId } from '../../src/types/block.js';
import type { Json } from './recordedWorld.js';
import { readWorldJson } from './recordedWorld.js';

/** The parts of a recorded world's rollup config that block refs and output roots need. */
export function recordedConfig(
  world: string,
): Pick<RollupConfig, 'genesis' | 'forks' | 'blockTime'> &
  Pick<RollupConfig, 'l1SystemConfigAddress'> {
  const json = readWorldJson(world, 'rollup.json');
  const genesis = json.genesis as Json;
  const forks: Record<string, bigint> = {};
  for (const [key, value] of Object.entries(json)) {
    const fork = /^([a-z]+)_time$/.exec(key)?.[1];
    if (fork !== undefined && fork !== 'block') forks[fork] = BigInt(value as number);
  }
  return {
    genesis: {
      l1: blockIdOf(genesis.l1),
      l2: blockIdOf(genesis.l2),
      l2Time: BigInt(genesis.l2_time as number),
      systemConfig: {
        batcherAddr: (genesis.system_config as { batcherAddr: `0x${string}` }).batcherAddr,
        overhead: `0x${'0'.repeat(64)}`,
        scalar: `0x${'0'.repeat(64)}`,
        gasLimit: 0n,
        eip1559Params: '0x0000000000000000',
        operatorFeeParams: `0x${'0'.repeat(64)}`,
        minBaseFee: 0n,
        daFootprintGasScalar: 0,
      },
    },
    forks: forks as ForkTimes,
    blockTime: BigInt(json.block_time as number),
    l1SystemConfigAddress: json.l1_system_config_address as `0x${string}`,
  };
}

function blockIdOf(json: unknown): BlockId {
  const { hash, number } = json as { hash: `0x${string}`; number: number };
  return { hash, number: BigInt(number) };
}
