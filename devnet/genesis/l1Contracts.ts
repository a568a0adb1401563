import { maxUint128, pad, zeroAddress } from 'viem';
import type { Address } from '../../src/types/block.js';
import { callData } from './artifacts.js';
import { type DevnetAltDa, deployDaChallenge } from './daChallenge.js';
import type { DevnetAccounts } from './devnetAccounts.js';
import { type Alloc, ScratchChain } from './scratchChain.js';

/** The L1 contracts that stand behind proxies, in the order in which they are deployed. */
const PROXIED = [
  'superchainConfig',
  'systemConfig',
  'optimismPortal',
  'l2OutputOracle',
  'disputeGameFactory',
  'anchorStateRegistry',
  'delayedWETH',
  'l1CrossDomainMessenger',
  'l1StandardBridge',
] as const;

type ProxiedAddresses = Readonly<Record<(typeof PROXIED)[number], Address>>;

export interface L1Addresses extends ProxiedAddresses {
  /** Where the chain's batches are outside of L1, under keccak commitments. */
  readonly dataAvailabilityChallenge?: Address;
}

export interface L1Contracts {
  readonly alloc: Alloc;
  readonly addresses: L1Addresses;
}

export interface L1ContractsOptions {
  readonly l1ChainId: number;
  readonly l2ChainId: number;
  /** Unix seconds of the genesis block. */
  readonly time: number;
  readonly l2BlockTimeSec: number;
  readonly l2GasLimit: bigint;
  readonly feeScalars: { readonly base: number; readonly blob: number };
  readonly batchInbox: Address;
  readonly accounts: DevnetAccounts;
  readonly altDa?: DevnetAltDa;
}

/** Contracts see a time well before the genesis, so that none starts in the future. */
export const SCRATCH_LEAD_SEC = 1_000;

const RESOURCE_CONFIG = {
  maxResourceLimit: 20_000_000,
  elasticityMultiplier: 10,
  baseFeeMaxChangeDenominator: 8,
  minimumBaseFee: 1_000_000_000,
  systemTxMaxGas: 1_000_000,
  maximumBaseFee: maxUint128,
};
/** Says that gas is paid in the chain's own currency. */
const NATIVE_TOKEN = '0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE';
/** A prestate of a program that ends at once: nobody plays the games of a development chain. */
const ABSOLUTE_PRESTATE = `0x03${'11'.repeat(31)}`;
const ANCHOR_ROOT = `0x${'de'.repeat(32)}`;
const FINALIZATION_PERIOD_SEC = 12n;

/** Deploys the rollup's L1 contracts, with dispute games that `op-proposer` can open. */
export async function deployL1Contracts(options: L1ContractsOptions): Promise<L1Contracts> {
  const { accounts, time, altDa } = options;
  const deployer = accounts.deployer.address;
  const timestamp = time - SCRATCH_LEAD_SEC;
  const chain = await ScratchChain.open({ chainId: options.l1ChainId, timestamp, deployer });
  const proxies: [string, Address][] = [];
  for (const name of PROXIED) proxies.push([name, await chain.deploy('Proxy', [deployer])]);
  const addresses = Object.fromEntries(proxies) as ProxiedAddresses;
  for (const { proxy, name, args, implArgs = [] } of initializations(addresses, options)) {
    const implementation = await chain.deploy(name, implArgs);
    const initialize = callData(name, 'initialize', args);
    await chain.call(proxy, callData('Proxy', 'upgradeToAndCall', [implementation, initialize]));
  }
  await deployGame(chain, addresses, options);
  const dataAvailabilityChallenge = await deployDaChallenge(chain, deployer, altDa);
  return {
    alloc: chain.alloc(),
    addresses: {
      ...addresses,
      ...(dataAvailabilityChallenge !== null && { dataAvailabilityChallenge }),
    },
  };
}

interface Initialization {
  readonly proxy: Address;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly implArgs?: readonly unknown[];
}

function initializations(
  at: ProxiedAddresses,
  options: L1ContractsOptions,
): readonly Initialization[] {
  const { accounts, time, l2BlockTimeSec } = options;
  const deployer = accounts.deployer.address;
  const { proposer, challenger, guardian } = accounts;
  const oracle = [20n, BigInt(l2BlockTimeSec), 0n, BigInt(time - SCRATCH_LEAD_SEC)];
  const parties = [proposer.address, challenger.address, FINALIZATION_PERIOD_SEC];
  const anchor = { gameType: 0, outputRoot: { root: ANCHOR_ROOT, l2BlockNumber: 0n } };
  return [
    { proxy: at.superchainConfig, name: 'SuperchainConfig', args: [guardian.address, false] },
    { proxy: at.systemConfig, name: 'SystemConfig', args: systemConfigArgs(at, options) },
    { proxy: at.l2OutputOracle, name: 'L2OutputOracle', args: [...oracle, ...parties] },
    {
      proxy: at.optimismPortal,
      name: 'OptimismPortal',
      args: [at.l2OutputOracle, at.systemConfig, at.superchainConfig],
    },
    {
      proxy: at.l1CrossDomainMessenger,
      name: 'L1CrossDomainMessenger',
      args: [at.superchainConfig, at.optimismPortal, at.systemConfig],
    },
    {
      proxy: at.l1StandardBridge,
      name: 'L1StandardBridge',
      args: [at.l1CrossDomainMessenger, at.superchainConfig, at.systemConfig],
    },
    { proxy: at.disputeGameFactory, name: 'DisputeGameFactory', args: [deployer] },
    {
      proxy: at.delayedWETH,
      name: 'DelayedWETH',
      args: [deployer, at.superchainConfig],
      implArgs: [FINALIZATION_PERIOD_SEC],
    },
    {
      proxy: at.anchorStateRegistry,
      name: 'AnchorStateRegistry',
      args: [[anchor]],
      implArgs: [at.disputeGameFactory],
    },
  ];
}

function systemConfigArgs(at: ProxiedAddresses, options: L1ContractsOptions): readonly unknown[] {
  const { accounts, feeScalars, l2GasLimit, batchInbox } = options;
  return [
    accounts.systemConfigOwner.address,
    feeScalars.base,
    feeScalars.blob,
    pad(accounts.batcher.address),
    l2GasLimit,
    accounts.sequencerP2P.address,
    RESOURCE_CONFIG,
    batchInbox,
    {
      l1CrossDomainMessenger: at.l1CrossDomainMessenger,
      l1ERC721Bridge: zeroAddress,
      l1StandardBridge: at.l1StandardBridge,
      disputeGameFactory: at.disputeGameFactory,
      optimismPortal: at.optimismPortal,
      optimismMintableERC20Factory: zeroAddress,
      gasPayingToken: NATIVE_TOKEN,
    },
  ];
}

/** The implementation of game type 0, the one that proposals open. */
async function deployGame(
  chain: ScratchChain,
  at: ProxiedAddresses,
  { l2ChainId }: L1ContractsOptions,
): Promise<void> {
  const oracle = await chain.deploy('PreimageOracle', [10_000n, 60n]);
  const vm = await chain.deploy('AlphabetVM', [ABSOLUTE_PRESTATE, oracle]);
  const depths = [50n, 14n];
  const clocks = [0n, 1_200n];
  const game = await chain.deploy('FaultDisputeGame', [
    ...[0, ABSOLUTE_PRESTATE, ...depths, ...clocks],
    ...[vm, at.delayedWETH, at.anchorStateRegistry, BigInt(l2ChainId)],
  ]);
  const register = callData('DisputeGameFactory', 'setImplementation', [0, game]);
  await chain.call(at.disputeGameFactory, register);
}
