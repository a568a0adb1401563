import { NodeError } from '../errors/nodeError.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Log } from '../telemetry/logger.js';
import type { BlockId, Hash, L1BlockRef } from '../types/block.js';

export interface L1Identity {
  chainId(signal: AbortSignal): Promise<bigint>;
  l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null>;
}

export interface L2Identity {
  chainId(signal: AbortSignal): Promise<bigint>;
  blockHashByNumber(number: bigint, signal: AbortSignal): Promise<Hash | null>;
}

type Layer = 'L1' | 'L2';

function wrongChain(message: string, fields: Readonly<Record<string, unknown>>): NodeError {
  return new NodeError('NODE_WRONG_CHAIN', message, { severity: 'critical', fields });
}

function checkChainId(layer: Layer, actual: bigint, expected: bigint): void {
  if (actual === expected) return;
  throw wrongChain(`incorrect ${layer} RPC chain id ${actual}, expected ${expected}`, {
    actual,
    expected,
  });
}

function checkGenesis(layer: Layer, actual: Hash, expected: BlockId): void {
  if (actual === expected.hash) return;
  throw wrongChain(`incorrect ${layer} genesis block hash ${actual}, expected ${expected.hash}`, {
    number: expected.number,
    actual,
    expected: expected.hash,
  });
}

/**
 * Checks that the L1 endpoint serves the chain that the rollup config names. A genesis block that the endpoint has
 * pruned is accepted with a warning. @throws NODE_WRONG_CHAIN; temporary errors of the endpoint pass through.
 * op-node `rollup/types.go` ValidateL1Config.
 */
export async function checkL1Identity(
  config: RollupConfig,
  l1: L1Identity,
  log: Pick<Log, 'warn'>,
  signal: AbortSignal,
): Promise<void> {
  checkChainId('L1', await l1.chainId(signal), config.l1ChainId);
  const genesis = await l1.l1BlockRefByNumber(config.genesis.l1.number, signal);
  if (genesis === null) {
    log.warn('L1 genesis block not found, skipping validity check', {
      number: config.genesis.l1.number,
    });
    return;
  }
  checkGenesis('L1', genesis.hash, config.genesis.l1);
}

/**
 * Checks that our execution engine serves the chain that the rollup config names. In execution-layer mode the genesis
 * block may not be there yet and is not asked for. @throws NODE_WRONG_CHAIN. op-node `rollup/types.go` ValidateL2Config.
 */
export async function checkL2Identity(
  config: RollupConfig,
  l2: L2Identity,
  options: { readonly skipGenesis: boolean },
  signal: AbortSignal,
): Promise<void> {
  checkChainId('L2', await l2.chainId(signal), config.l2ChainId);
  if (options.skipGenesis) return;
  const { number, hash } = config.genesis.l2;
  const genesis = await l2.blockHashByNumber(number, signal);
  if (genesis === null) {
    throw wrongChain(`L2 genesis block ${number} not found, expected ${hash}`, { number, hash });
  }
  checkGenesis('L2', genesis, config.genesis.l2);
}
