import { getAddress, numberToHex, pad, zeroAddress } from 'viem';
import { FORKS, type Fork } from '../../src/rollup/forks.js';
import type { Address, Hash } from '../../src/types/block.js';
import type { DevnetAltDa } from './daChallenge.js';
import { type DevnetAccounts, devnetAccounts } from './devnetAccounts.js';
import { deployL1Contracts, type L1Addresses } from './l1Contracts.js';
import { makeL2Predeploys } from './l2Predeploys.js';
import type { Alloc, AllocEntry } from './scratchChain.js';

/** Active from genesis. */
const FIXED_FORKS = ['regolith', 'canyon', 'delta'] as const;

export type DevnetFork = Exclude<Fork, (typeof FIXED_FORKS)[number]>;

/** Forks whose activation a development chain may choose, in order. */
export const DEVNET_FORKS = FORKS.filter(
  (fork): fork is DevnetFork => !FIXED_FORKS.some((fixed) => fixed === fork),
);

export interface DevnetChainOptions {
  /** Unix seconds of both genesis blocks. */
  readonly time: number;
  /** Seconds after genesis, above 0: the contracts of each fork come with its activation. Absent is never. */
  readonly forkOffsets: Readonly<Partial<Record<DevnetFork, number>>>;
  readonly l2BlockTimeSec: number;
  /** L1 blocks. */
  readonly sequencingWindow: number;
  /** L1 blocks; before Granite. */
  readonly channelTimeout: number;
  readonly l1ChainId: number;
  readonly l2ChainId: number;
  /** Batches are outside of L1, which has commitments to them alone. */
  readonly altDa?: DevnetAltDa;
}

/** op-node's `rollup.json`; the hashes of the genesis blocks are null until the chains run. */
export interface DevnetRollup extends Readonly<Record<string, unknown>> {
  readonly genesis: {
    readonly l1: { readonly hash: Hash | null; readonly number: number };
    readonly l2: { readonly hash: Hash | null; readonly number: number };
    readonly l2_time: number;
    readonly system_config: Readonly<Record<string, unknown>>;
  };
}

/** A private chain before its first block. */
export interface DevnetGenesis {
  /** As `geth init` reads it. */
  readonly l1Genesis: Readonly<Record<string, unknown>>;
  /** As `geth init` of op-geth reads it. */
  readonly l2Genesis: Readonly<Record<string, unknown>>;
  readonly rollup: DevnetRollup;
  /** For `--rollup.l1-chain-config`. */
  readonly l1ChainConfig: Readonly<Record<string, unknown>>;
  readonly addresses: L1Addresses & { readonly batchInbox: Address };
  readonly accounts: DevnetAccounts;
}

const L2_GAS_LIMIT = 60_000_000n;
const FEE_SCALARS = { base: 1_368, blob: 810_949 };
/** Of the genesis system config: overhead and scalar as they were before Ecotone. */
const OVERHEAD = 188;
const SCALAR = 684_000;
/** Seconds; before Fjord. */
const MAX_SEQUENCER_DRIFT = 600;
const L1_GAS_LIMIT = 30_000_000;
const ONE_GWEI = 1_000_000_000;
const RICH = 10n ** 22n;
/** The deployer's first addresses hold contracts already. */
const DEPLOYER_NONCE = 1_000;
const FEE_RECIPIENT = '0x4200000000000000000000000000000000000011';

const EIP1559 = { eip1559Elasticity: 6, eip1559Denominator: 50, eip1559DenominatorCanyon: 250 };
const BLOB_SCHEDULE = {
  cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 },
  prague: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
};
const ETHEREUM_FORKS = [
  'homestead',
  'eip150',
  'eip155',
  'eip158',
  'byzantium',
  'constantinople',
  'petersburg',
  'istanbul',
  'muirGlacier',
  'berlin',
  'london',
  'arrowGlacier',
  'grayGlacier',
  'mergeNetsplit',
] as const;

/**
 * Makes a private chain: L1 with the rollup's contracts in place, L2 with its predeploys, and the rollup config, from
 * the published contracts. All accounts are the well-known test mnemonic's. The same options give the same chain.
 */
export async function makeDevnetGenesis(options: DevnetChainOptions): Promise<DevnetGenesis> {
  const { time, l1ChainId, l2ChainId, l2BlockTimeSec, altDa } = options;
  const accounts = devnetAccounts();
  const batchInbox = inboxAddress(l2ChainId);
  const { alloc: l1Alloc, addresses } = await deployL1Contracts({
    ...{ l1ChainId, l2ChainId, time, l2BlockTimeSec, batchInbox, accounts },
    l2GasLimit: L2_GAS_LIMIT,
    feeScalars: FEE_SCALARS,
    ...(altDa !== undefined && { altDa }),
  });
  const l2Alloc = await makeL2Predeploys({ l2ChainId, time, l1: addresses, accounts });
  const l1ChainConfig = l1Config(l1ChainId);
  const all = { ...addresses, batchInbox };
  return {
    l1Genesis: {
      config: l1ChainConfig,
      ...header(time, L1_GAS_LIMIT),
      coinbase: zeroAddress,
      alloc: funded(l1Alloc, accounts),
    },
    l2Genesis: {
      config: l2Config(options),
      ...header(time, Number(L2_GAS_LIMIT)),
      coinbase: FEE_RECIPIENT,
      alloc: funded(l2Alloc, accounts),
    },
    rollup: rollupConfig(options, all, accounts),
    l1ChainConfig,
    addresses: all,
    accounts,
  };
}

/** Unix seconds of a fork's activation. */
export function forkTime({ time, forkOffsets }: DevnetChainOptions, fork: DevnetFork) {
  const offset = forkOffsets[fork];
  return offset === undefined ? undefined : time + offset;
}

function inboxAddress(l2ChainId: number): Address {
  return getAddress(`0xff${String(l2ChainId).padStart(38, '0')}`);
}

function header(time: number, gasLimit: number) {
  return {
    nonce: '0x0',
    timestamp: numberToHex(time),
    extraData: '0x',
    gasLimit: numberToHex(gasLimit),
    difficulty: '0x0',
    mixHash: pad('0x00'),
    baseFeePerGas: numberToHex(ONE_GWEI),
  };
}

function funded(alloc: Alloc, accounts: DevnetAccounts): Alloc {
  const rich = Object.entries(accounts).map(([role, { address }]): [string, AllocEntry] => [
    address.toLowerCase(),
    { balance: numberToHex(RICH), nonce: numberToHex(role === 'deployer' ? DEPLOYER_NONCE : 0) },
  ]);
  return { ...alloc, ...Object.fromEntries(rich) };
}

function ethereumForks(): Readonly<Record<string, number>> {
  return Object.fromEntries(ETHEREUM_FORKS.map((name) => [`${name}Block`, 0]));
}

function l1Config(chainId: number) {
  return {
    chainId,
    ...ethereumForks(),
    terminalTotalDifficulty: 0,
    ...{ shanghaiTime: 0, cancunTime: 0, pragueTime: 0 },
    blobSchedule: BLOB_SCHEDULE,
  };
}

/** L2 forks bring L1's forks with them. */
function l2Config(options: DevnetChainOptions) {
  const at = (name: string, fork: DevnetFork) => {
    const time = forkTime(options, fork);
    return time === undefined ? {} : { [name]: time };
  };
  return {
    chainId: options.l2ChainId,
    ...ethereumForks(),
    ...{ bedrockBlock: 0, terminalTotalDifficulty: 0, regolithTime: 0, canyonTime: 0 },
    ...Object.assign({}, ...DEVNET_FORKS.map((fork) => at(`${fork}Time`, fork))),
    shanghaiTime: 0,
    ...at('cancunTime', 'ecotone'),
    ...at('pragueTime', 'isthmus'),
    optimism: EIP1559,
  };
}

function rollupConfig(
  options: DevnetChainOptions,
  addresses: DevnetGenesis['addresses'],
  accounts: DevnetAccounts,
): DevnetRollup {
  const forks = DEVNET_FORKS.flatMap((fork) => {
    const at = forkTime(options, fork);
    return at === undefined ? [] : [[`${fork}_time`, at] as const];
  });
  return {
    genesis: {
      l1: { hash: null, number: 0 },
      l2: { hash: null, number: 0 },
      l2_time: options.time,
      system_config: {
        batcherAddr: accounts.batcher.address.toLowerCase(),
        overhead: pad(numberToHex(OVERHEAD)),
        scalar: pad(numberToHex(SCALAR)),
        gasLimit: Number(L2_GAS_LIMIT),
      },
    },
    block_time: options.l2BlockTimeSec,
    max_sequencer_drift: MAX_SEQUENCER_DRIFT,
    seq_window_size: options.sequencingWindow,
    channel_timeout: options.channelTimeout,
    l1_chain_id: options.l1ChainId,
    l2_chain_id: options.l2ChainId,
    ...{ regolith_time: 0, canyon_time: 0, delta_time: 0 },
    ...Object.fromEntries(forks),
    batch_inbox_address: addresses.batchInbox.toLowerCase(),
    deposit_contract_address: addresses.optimismPortal.toLowerCase(),
    l1_system_config_address: addresses.systemConfig.toLowerCase(),
    protocol_versions_address: zeroAddress,
    chain_op_config: EIP1559,
    ...(options.altDa !== undefined && { alt_da: altDaConfig(options.altDa, addresses) }),
  };
}

function altDaConfig(altDa: DevnetAltDa, { dataAvailabilityChallenge }: L1Addresses) {
  const { commitment, challengeWindow, resolveWindow } = altDa;
  return {
    da_challenge_contract_address: (dataAvailabilityChallenge ?? zeroAddress).toLowerCase(),
    da_commitment_type: commitment === 'keccak' ? 'KeccakCommitment' : 'GenericCommitment',
    da_challenge_window: challengeWindow,
    da_resolve_window: resolveWindow,
  };
}
