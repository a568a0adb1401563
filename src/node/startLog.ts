import type { NodeConfig } from '../../config/nodeConfig.js';
import { FORKS } from '../rollup/forks.js';
import type { Logger } from '../telemetry/logger.js';
import { redactUrl } from '../telemetry/redact.js';

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

function rollupFields({ rollup, network }: NodeConfig): Record<string, unknown> {
  const forks = FORKS.map((fork) => [`${fork}_time`, rollup.forks[fork] ?? '(not configured)']);
  return {
    l2_chain_id: rollup.l2ChainId,
    l2_network: network ?? 'unknown L2',
    l1_chain_id: rollup.l1ChainId,
    l2_start_time: rollup.genesis.l2Time,
    l2_block_hash: rollup.genesis.l2.hash,
    l2_block_number: rollup.genesis.l2.number,
    l1_block_hash: rollup.genesis.l1.hash,
    l1_block_number: rollup.genesis.l1.number,
    ...Object.fromEntries(forks),
    keep_karst_upgrade_gas: rollup.keepKarstUpgradeGas,
  };
}
