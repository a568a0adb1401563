import type { Hex } from 'viem';
import { getAddress, pad } from 'viem';
import type { Address, Hash } from '../../src/types/block.js';
import { artifact, callData } from './artifacts.js';
import type { DevnetAccounts } from './devnetAccounts.js';
import { type L1Addresses, SCRATCH_LEAD_SEC } from './l1Contracts.js';
import { type Alloc, type AllocEntry, ScratchChain } from './scratchChain.js';

/** EIP-1967 slots of a proxy. */
const IMPLEMENTATION_SLOT: Hash =
  '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';
const ADMIN_SLOT: Hash = '0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103';
const FIRST_SLOT: Hash = `0x${'00'.repeat(32)}`;

/** Predeploy addresses from this one on have no proxy. */
const PROXY_COUNT = 0x30;
/** The one contract without a proxy. */
const WETH = 0x06;
const PROXY_ADMIN = 0x18;

/** EIP-2470's twin: deploys contracts at addresses that depend on their code alone. */
const CREATE2_DEPLOYER: readonly [Address, AllocEntry] = [
  '0x4e59b44847b379578588920ca78fbf26c0b4956c',
  {
    balance: '0x0',
    nonce: '0x1',
    code: '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3',
  },
];

interface Predeploy {
  /** Last two bytes of its address. */
  readonly at: number;
  readonly name: string;
  /** Of the constructor. */
  readonly args?: readonly unknown[];
  /** Of the initializer, which runs through the proxy. */
  readonly init?: readonly unknown[];
}

export interface L2PredeploysOptions {
  readonly l2ChainId: number;
  /** Unix seconds of the genesis block. */
  readonly time: number;
  readonly l1: L1Addresses;
  readonly accounts: DevnetAccounts;
}

/** Makes the L2 genesis state of a chain before Ecotone: later forks bring their contracts themselves. */
export async function makeL2Predeploys(options: L2PredeploysOptions): Promise<Alloc> {
  const { accounts, l2ChainId, time } = options;
  const chain = await ScratchChain.open({
    chainId: l2ChainId,
    timestamp: time - SCRATCH_LEAD_SEC,
    deployer: accounts.deployer.address,
  });
  const proxyCode = artifact('Proxy').deployedBytecode.object;
  for (let at = 0; at < PROXY_COUNT; at++) if (at !== WETH) await setProxy(chain, at, proxyCode);
  const predeploys = predeploysOf(options);
  for (const predeploy of predeploys) await setImplementation(chain, predeploy);
  const owner = pad(accounts.guardian.address);
  await chain.setStorage(implementation(PROXY_ADMIN), FIRST_SLOT, owner);
  await chain.setStorage(predeployAddress(PROXY_ADMIN), FIRST_SLOT, owner);
  await chain.setCode(predeployAddress(WETH), await chain.code(await chain.deploy('WETH')));
  for (const { at, name, init } of predeploys) {
    if (init === undefined) continue;
    await chain.call(predeployAddress(at), callData(name, 'initialize', init));
  }
  const kept = Object.entries(chain.alloc()).filter(([address]) => isPredeploy(address));
  return Object.fromEntries([...kept, CREATE2_DEPLOYER]);
}

function predeploysOf({ l1, accounts }: L2PredeploysOptions): readonly Predeploy[] {
  const guardian = accounts.guardian.address;
  const vault = [guardian, 10n ** 18n, 0];
  return [
    { at: 0x00, name: 'LegacyMessagePasser' },
    { at: 0x02, name: 'DeployerWhitelist' },
    { at: 0x07, name: 'L2CrossDomainMessenger', init: [l1.l1CrossDomainMessenger] },
    { at: 0x0f, name: 'GasPriceOracle' },
    { at: 0x10, name: 'L2StandardBridge', init: [l1.l1StandardBridge] },
    { at: 0x11, name: 'SequencerFeeVault', args: vault },
    { at: 0x12, name: 'OptimismMintableERC20Factory', init: [predeployAddress(0x10)] },
    { at: 0x13, name: 'L1BlockNumber' },
    { at: 0x15, name: 'L1Block' },
    { at: 0x16, name: 'L2ToL1MessagePasser' },
    { at: PROXY_ADMIN, name: 'ProxyAdmin', args: [guardian] },
    { at: 0x19, name: 'BaseFeeVault', args: vault },
    { at: 0x1a, name: 'L1FeeVault', args: vault },
    { at: 0x20, name: 'SchemaRegistry' },
    { at: 0x21, name: 'EAS' },
  ];
}

async function setProxy(chain: ScratchChain, at: number, code: Hex): Promise<void> {
  await chain.setCode(predeployAddress(at), code);
  await chain.setStorage(predeployAddress(at), ADMIN_SLOT, pad(predeployAddress(PROXY_ADMIN)));
}

/** The code as its constructor leaves it; what the constructor stores is not taken over. */
async function setImplementation(
  chain: ScratchChain,
  { at, name, args = [] }: Predeploy,
): Promise<void> {
  const code = await chain.code(await chain.deploy(name, args));
  await chain.setCode(implementation(at), code);
  await chain.setStorage(predeployAddress(at), IMPLEMENTATION_SLOT, pad(implementation(at)));
}

/** Spec: protocol/predeploys. */
export function predeployAddress(at: number): Address {
  return getAddress(`0x4200000000000000000000000000000000${at.toString(16).padStart(6, '0')}`);
}

/** Where the code of a predeploy's proxy is. */
function implementation(at: number): Address {
  return getAddress(`0xc0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d3c0d3${at.toString(16).padStart(4, '0')}`);
}

function isPredeploy(address: string): boolean {
  return address.startsWith('0x4200000000') || address.startsWith('0xc0d3c0d3');
}
