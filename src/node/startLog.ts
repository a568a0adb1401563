import type { NodeConfig } from '../../config/nodeConfig.js';
import { FORKS } from '../rollup/forks.js';
import type { AltDaConfig } from '../rollup/rollupConfig.js';
import { unixDate } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';
import { redactUrl } from '../telemetry/redact.js';

/** L1 chains by their id; op-geth `params.NetworkNames`. */
const L1_NETWORKS: ReadonlyMap<bigint, string> = new Map([
  [1n, 'mainnet'],
  [11_155_111n, 'sepolia'],
  [17_000n, 'holesky'],
  [560_048n, 'hoodi'],
]);

/** Says at start what the node was told and what it will not do. */
export function logStart(config: NodeConfig, version: string, log: Logger): void {
  for (const { level, message, fields } of config.notices) log[level](message, fields);
  log.info('Rollup Config', rollupFields(config));
  log.info('Initializing rollup node', { version });
  const { follow } = config;
  log.info('Safety levels', {
    unsafe: 'enabled',
    safe: follow === null ? 'enabled' : follow.sources.map(redactUrl).join(','),
  });
  if (config.rollup.forks.karst === undefined) return;
  // With the wrong setting this node halts at Karst's activation, or the block after it.
  log.info('Karst upgrade gas in the gas limit after the activation block', {
    keep_karst_upgrade_gas: config.rollup.keepKarstUpgradeGas,
    setting: '--override.keep-karst-upgrade-gas',
  });
}

/** Says which parts will run, once the endpoints are found to be right. op-node `node/node.go`, `rollup/driver/driver.go`. */
export function logParts({ rpc, p2p, metrics, sequencer }: NodeConfig, log: Logger): void {
  if (p2p !== null) log.info('P2P RPC enabled');
  if (rpc.isSequencerApiEnabled) log.info('Experimental OP stack API enabled');
  if (rpc.isAdminEnabled) log.info('Admin RPC enabled');
  if (!metrics.isEnabled) log.info('metrics disabled');
  log.info('Starting execution engine driver');
  log.info('Starting driver', {
    sequencerEnabled: sequencer.isEnabled,
    sequencerStopped: sequencer.isStopped,
    recoverMode: sequencer.isRecoverMode,
  });
  if (sequencer.isEnabled && sequencer.isRecoverMode) log.warn('sequencer is in recover mode');
}

/** op-node `rollup/types.go` LogDescription, but times in UTC. */
function rollupFields({ rollup, network }: NodeConfig): Record<string, unknown> {
  const forks = FORKS.flatMap((fork): readonly [string, string][] => {
    const line: [string, string] = [`${fork}_time`, activation(rollup.forks[fork])];
    const pectra = rollup.forks.pectraBlobSchedule;
    // Said behind Holocene, and only by chains that have it.
    const isPectraNext = fork === 'holocene' && pectra !== undefined;
    return isPectraNext ? [line, ['pectra_blob_schedule_time', activation(pectra)]] : [line];
  });
  return {
    l2_chain_id: String(rollup.l2ChainId),
    l2_network: network ?? 'unknown L2',
    l1_chain_id: String(rollup.l1ChainId),
    l1_network: L1_NETWORKS.get(rollup.l1ChainId) ?? 'unknown L1',
    l2_start_time: rollup.genesis.l2Time,
    l2_block_hash: rollup.genesis.l2.hash,
    l2_block_number: rollup.genesis.l2.number,
    l1_block_hash: rollup.genesis.l1.hash,
    l1_block_number: rollup.genesis.l1.number,
    ...Object.fromEntries(forks),
    keep_karst_upgrade_gas: rollup.keepKarstUpgradeGas,
    ...(rollup.altDa === null ? {} : { alt_da: altDaFields(rollup.altDa) }),
  };
}

function altDaFields(altDa: AltDaConfig): Record<string, unknown> {
  return {
    da_challenge_contract_address: altDa.daChallengeAddress,
    da_commitment_type: altDa.daCommitmentType,
    da_challenge_window: altDa.daChallengeWindow,
    da_resolve_window: altDa.daResolveWindow,
  };
}

function activation(unixSec: bigint | undefined): string {
  if (unixSec === undefined) return '(not configured)';
  if (unixSec === 0n) return '@ genesis';
  return `@ ${String(unixSec).padEnd(10)} ~ ${unixDate(Number(unixSec) * 1000)}`;
}
