import type { BlockId } from '../types/block.js';
import { FORK_TIME_KEYS } from './config.js';
import type { AltDaConfig, ChainOpConfig, RollupConfig, SystemConfig } from './rollupConfig.js';

/** A key and its JSON text; null leaves the key out. */
type Entry = readonly [key: string, json: string | null];

/**
 * The config as `optimism_rollupConfig` answers it: op-node's keys in op-node's order, without white space.
 * `keep_karst_upgrade_gas` is written only when true (v1.19.0 has no such key, v1.19.1 omits it when false).
 * Spec: op-node `rollup/types.go` Config, its JSON tags.
 */
export function rollupConfigJson(config: RollupConfig): string {
  const forkTimes = FORK_TIME_KEYS.map(
    ([fork, key]) => [key, optional(config.forks[fork])] as const,
  );
  const beforeLagoon = forkTimes.findIndex(([key]) => key === 'lagoon_time');
  const beforePectra = forkTimes.length - 1;
  return object([
    ['genesis', genesisJson(config.genesis)],
    ['block_time', String(config.blockTime)],
    ['max_sequencer_drift', config.maxSequencerDrift === 0n ? null : `${config.maxSequencerDrift}`],
    ['seq_window_size', String(config.seqWindowSize)],
    ['channel_timeout', String(config.channelTimeout)],
    ['l1_chain_id', String(config.l1ChainId)],
    ['l2_chain_id', String(config.l2ChainId)],
    ...forkTimes.slice(0, beforeLagoon),
    ['keep_karst_upgrade_gas', config.keepKarstUpgradeGas ? 'true' : null],
    ...forkTimes.slice(beforeLagoon, beforePectra),
    ['batch_inbox_address', JSON.stringify(config.batchInboxAddress)],
    ['deposit_contract_address', JSON.stringify(config.depositContractAddress)],
    ['l1_system_config_address', JSON.stringify(config.l1SystemConfigAddress)],
    ['chain_op_config', config.chainOpConfig === null ? null : chainOpJson(config.chainOpConfig)],
    ['alt_da', config.altDa === null ? null : altDaJson(config.altDa)],
    ...forkTimes.slice(beforePectra),
  ]);
}

function object(entries: readonly Entry[]): string {
  const members = entries.flatMap(([key, json]) => (json === null ? [] : [`"${key}":${json}`]));
  return `{${members.join(',')}}`;
}

function optional(value: bigint | null | undefined): string | null {
  return value === undefined || value === null ? null : String(value);
}

function genesisJson(genesis: RollupConfig['genesis']): string {
  return object([
    ['l1', blockIdJson(genesis.l1)],
    ['l2', blockIdJson(genesis.l2)],
    ['l2_time', String(genesis.l2Time)],
    ['system_config', systemConfigJson(genesis.systemConfig)],
  ]);
}

function blockIdJson(id: BlockId): string {
  return object([
    ['hash', JSON.stringify(id.hash)],
    ['number', String(id.number)],
  ]);
}

function systemConfigJson(config: SystemConfig): string {
  return object([
    ['batcherAddr', JSON.stringify(config.batcherAddr)],
    ['overhead', JSON.stringify(config.overhead)],
    ['scalar', JSON.stringify(config.scalar)],
    ['gasLimit', String(config.gasLimit)],
    ['eip1559Params', JSON.stringify(config.eip1559Params)],
    ['operatorFeeParams', JSON.stringify(config.operatorFeeParams)],
    ['minBaseFee', String(config.minBaseFee)],
    ['daFootprintGasScalar', String(config.daFootprintGasScalar)],
  ]);
}

function chainOpJson(config: ChainOpConfig): string {
  return object([
    ['eip1559Elasticity', String(config.eip1559Elasticity)],
    ['eip1559Denominator', String(config.eip1559Denominator)],
    ['eip1559DenominatorCanyon', optional(config.eip1559DenominatorCanyon)],
  ]);
}

function altDaJson(config: AltDaConfig): string {
  return object([
    ['da_challenge_contract_address', JSON.stringify(config.daChallengeAddress)],
    ['da_commitment_type', JSON.stringify(config.daCommitmentType)],
    ['da_challenge_window', String(config.daChallengeWindow)],
    ['da_resolve_window', String(config.daResolveWindow)],
  ]);
}
