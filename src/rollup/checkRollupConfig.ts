import type { Hex } from 'viem';
import type { Fork } from './forks.js';
import { FORKS } from './forks.js';
import type { AltDaConfig, RollupConfig } from './rollupConfig.js';

/** op-node checks the fork order up to here; later forks may come in any order. */
const LAST_ORDERED_FORK: Fork = 'isthmus';

/**
 * Every rule that the config breaks, one line each; empty when it can be used.
 * Spec: op-node `rollup/types.go` Check, which stops at the first.
 */
export function checkRollupConfig(config: RollupConfig): string[] {
  const { genesis } = config;
  const rules: readonly (readonly [boolean, string])[] = [
    [config.blockTime === 0n, 'block_time must not be 0'],
    [config.channelTimeout === 0n, 'channel_timeout must not be 0'],
    [config.seqWindowSize < 2n, `seq_window_size must be at least 2, not ${config.seqWindowSize}`],
    [config.maxSequencerDrift === 0n, 'max_sequencer_drift must not be 0'],
    [isZero(genesis.l1.hash), 'genesis.l1.hash must not be empty'],
    [isZero(genesis.l2.hash), 'genesis.l2.hash must not be empty'],
    [
      genesis.l1.hash === genesis.l2.hash && !isZero(genesis.l1.hash),
      'genesis.l1.hash and genesis.l2.hash must differ',
    ],
    [genesis.l2Time === 0n, 'genesis.l2_time must not be 0'],
    [
      isZero(genesis.systemConfig.batcherAddr),
      'genesis.system_config.batcherAddr must not be empty',
    ],
    [isZero(genesis.systemConfig.scalar), 'genesis.system_config.scalar must not be 0'],
    [genesis.systemConfig.gasLimit === 0n, 'genesis.system_config.gasLimit must not be 0'],
    [isZero(config.batchInboxAddress), 'batch_inbox_address must not be empty'],
    [isZero(config.depositContractAddress), 'deposit_contract_address must not be empty'],
    [config.l1ChainId <= 0n, `l1_chain_id must be above 0, not ${config.l1ChainId}`],
    [config.l2ChainId <= 0n, `l2_chain_id must be above 0, not ${config.l2ChainId}`],
    [
      config.l1ChainId === config.l2ChainId && config.l1ChainId > 0n,
      `l1_chain_id and l2_chain_id must differ, both are ${config.l1ChainId}`,
    ],
  ];
  return [
    ...rules.flatMap(([isBroken, line]) => (isBroken ? [line] : [])),
    ...checkAltDa(config.altDa),
    ...checkForkOrder(config),
  ];
}

function isZero(hex: Hex): boolean {
  return /^0x0*$/.test(hex);
}

function checkAltDa(altDa: AltDaConfig | null): string[] {
  if (altDa === null) return [];
  const hasAddress = !isZero(altDa.daChallengeAddress);
  switch (altDa.daCommitmentType) {
    case 'KeccakCommitment':
      return hasAddress
        ? []
        : ['alt_da.da_challenge_contract_address must be set with KeccakCommitment'];
    case 'GenericCommitment':
      return hasAddress
        ? ['alt_da.da_challenge_contract_address must be empty with GenericCommitment']
        : [];
    default:
      return [
        `alt_da.da_commitment_type must be KeccakCommitment or GenericCommitment, not "${altDa.daCommitmentType}"`,
      ];
  }
}

/** Each fork needs the one before it, not later than itself. */
function checkForkOrder({ forks }: RollupConfig): string[] {
  const problems: string[] = [];
  const ordered = FORKS.slice(0, FORKS.indexOf(LAST_ORDERED_FORK) + 1);
  ordered.forEach((fork, index) => {
    const before = ordered[index - 1];
    const time = forks[fork];
    if (before === undefined || time === undefined) return;
    const timeBefore = forks[before];
    if (timeBefore === undefined) {
      problems.push(`${fork}_time is ${time}, but ${before}_time is missing`);
    } else if (timeBefore > time) {
      problems.push(`${fork}_time is ${time}, but ${before}_time is later: ${timeBefore}`);
    }
  });
  return problems;
}
