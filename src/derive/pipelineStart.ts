import { NodeError } from '../errors/nodeError.js';
import { channelTimeout } from '../rollup/chainLimits.js';
import type { RollupConfig, SystemConfig } from '../rollup/rollupConfig.js';
import type { Hash, L1BlockRef, L2BlockRef } from '../types/block.js';
import type { DeriveL1Source, DeriveL2Source } from './ports.js';

export interface PipelineStart {
  /** The L1 block to read from. */
  readonly origin: L1BlockRef;
  /** As of that L1 block. */
  readonly systemConfig: SystemConfig;
}

export interface PipelineStartDeps {
  readonly l1: Pick<DeriveL1Source, 'l1BlockRefByHash'>;
  readonly l2: Pick<DeriveL2Source, 'l2BlockRefByNumber' | 'systemConfigByL2Hash'>;
}

/**
 * Where to begin reading L1 so that no channel is missed which the blocks after the safe head may come from: at the L1
 * origin of an ancestor that is a channel timeout older, or at genesis.
 * Goes back epoch by epoch. Differs: op-node fetches every block on the way, with the same outcome.
 * op-node `rollup/derive/pipeline.go` initialReset.
 * @throws NodeError temporary when L1 or L2 cannot tell, reset when an ancestor is not known.
 */
export async function findPipelineStart(
  safeHead: L2BlockRef,
  config: RollupConfig,
  deps: PipelineStartDeps,
  signal: AbortSignal,
): Promise<PipelineStart> {
  const { genesis } = config;
  const last = safeHead.l1Origin.number;
  let block = safeHead;
  let origin = await originOf(block, deps, signal);
  while (
    block.number > genesis.l2.number &&
    block.l1Origin.number > genesis.l1.number &&
    block.l1Origin.number + channelTimeout(config, origin.timestamp) > last
  ) {
    block = await lastOfEpochBefore(block, config, deps, signal);
    origin = await originOf(block, deps, signal);
  }
  const systemConfig = await deps.l2.systemConfigByL2Hash(block.hash, signal);
  if (systemConfig === null) throw unknownL2('temporary', 'L1 config of L2 block', block.number);
  return { origin, systemConfig };
}

async function lastOfEpochBefore(
  block: L2BlockRef,
  { genesis }: RollupConfig,
  { l2 }: PipelineStartDeps,
  signal: AbortSignal,
): Promise<L2BlockRef> {
  const number = block.number - block.sequenceNumber - 1n;
  const found = await l2.l2BlockRefByNumber(
    number < genesis.l2.number ? genesis.l2.number : number,
    signal,
  );
  if (found === null || found.l1Origin.number >= block.l1Origin.number) {
    throw unknownL2('reset', 'L2 ancestor block', number);
  }
  return found;
}

async function originOf(
  block: L2BlockRef,
  { l1 }: PipelineStartDeps,
  signal: AbortSignal,
): Promise<L1BlockRef> {
  const { hash, number } = block.l1Origin;
  const origin = await l1.l1BlockRefByHash(hash, signal);
  if (origin !== null) return origin;
  throw new NodeError('DERIVE_L1_UNAVAILABLE', 'failed to fetch the new L1 progress', {
    severity: 'temporary',
    fields: { hash, number } satisfies { hash: Hash; number: bigint },
  });
}

function unknownL2(severity: 'temporary' | 'reset', what: string, number: bigint): NodeError {
  return new NodeError('DERIVE_L2_UNAVAILABLE', `failed to fetch ${what}`, {
    severity,
    fields: { number },
  });
}
