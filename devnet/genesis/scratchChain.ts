import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createEVM, type EVM } from '@ethereumjs/evm';
import { SimpleStateManager } from '@ethereumjs/statemanager';
import { type Account, createAddressFromString, createZeroAddress } from '@ethereumjs/util';
import type { Hex } from 'viem';
import { bytesToHex, encodeDeployData, getAddress, hexToBytes, numberToHex, pad } from 'viem';
import type { Address, Hash } from '../../src/types/block.js';
import { artifact } from './artifacts.js';

/** An account of a genesis file. */
export interface AllocEntry {
  readonly balance: Hex;
  readonly nonce: Hex;
  readonly code?: Hex;
  readonly storage?: Readonly<Record<Hash, Hash>>;
}

/** Accounts of a genesis file by lower-case address. */
export type Alloc = Readonly<Record<Address, AllocEntry>>;

export interface ScratchChainOptions {
  readonly chainId: number;
  /** Unix seconds that contracts see. */
  readonly timestamp: number;
  /** Deploys contracts and calls them; it does not become part of the result. */
  readonly deployer: Address;
}

const GAS = 1_000_000_000n;

/**
 * A chain in memory on which contracts are deployed, so that their constructors and initializers run. Any address may
 * call; code has no size limit; gas costs nothing. Its block has number 0.
 */
export class ScratchChain {
  private constructor(
    private readonly evm: EVM,
    private readonly state: SimpleStateManager,
    private readonly options: ScratchChainOptions,
  ) {}

  static async open(options: ScratchChainOptions): Promise<ScratchChain> {
    const chain = { ...Mainnet, chainId: options.chainId };
    const common = new Common({ chain, hardfork: Hardfork.Cancun });
    const stateManager = new SimpleStateManager({ common });
    const evm = await createEVM({
      common,
      stateManager,
      allowUnlimitedContractSize: true,
      allowUnlimitedInitCodeSize: true,
    });
    return new ScratchChain(evm, stateManager, options);
  }

  /** Deploys a contract of the package. @returns its checksummed address. */
  async deploy(name: string, args: readonly unknown[] = []): Promise<Address> {
    const { abi, bytecode } = artifact(name);
    const created = await this.run(
      null,
      encodeDeployData({ abi, bytecode: bytecode.object, args }),
      this.options.deployer,
    );
    if (created === null) throw new Error(`${name} was not deployed`);
    return created;
  }

  /** @throws Error when the call reverts. */
  async call(to: Address, data: Hex, sender: Address = this.options.deployer): Promise<void> {
    await this.run(to, data, sender);
  }

  async code(address: Address): Promise<Hex> {
    return bytesToHex(await this.state.getCode(createAddressFromString(address)));
  }

  async setCode(address: Address, code: Hex): Promise<void> {
    await this.state.putCode(createAddressFromString(address), hexToBytes(code));
  }

  async setStorage(address: Address, slot: Hash, value: Hash): Promise<void> {
    const at = createAddressFromString(address);
    await this.state.putStorage(at, hexToBytes(slot), hexToBytes(value));
  }

  /** Every account that was made, but for the deployer and accounts without code and balance. */
  alloc(): Alloc {
    const storage = this.storageByAccount();
    const { deployer } = this.options;
    const entries = [...(this.state.accountStack.at(-1) ?? [])].flatMap(([address, account]) => {
      const code = this.state.codeStack.at(-1)?.get(address);
      const isKept = (code?.length ?? 0) > 0 || (account?.balance ?? 0n) > 0n;
      if (account === undefined || !isKept || address === deployer.toLowerCase()) return [];
      return [[address, entryOf(account, code, storage.get(address))] as const];
    });
    return Object.fromEntries(entries);
  }

  private storageByAccount(): ReadonlyMap<string, Record<Hash, Hash>> {
    const byAccount = new Map<string, Record<Hash, Hash>>();
    for (const [key, value] of this.state.storageStack.at(-1) ?? []) {
      const [address = '', slot = ''] = key.split('_');
      const hex = pad(bytesToHex(value));
      if (BigInt(hex) === 0n) continue;
      const slots = byAccount.get(address) ?? {};
      slots[pad(slot as Hex)] = hex;
      byAccount.set(address, slots);
    }
    return byAccount;
  }

  private async run(to: Address | null, data: Hex, sender: Address): Promise<Address | null> {
    const caller = createAddressFromString(sender);
    const { execResult, createdAddress } = await this.evm.runCall({
      caller,
      origin: caller,
      ...(to !== null && { to: createAddressFromString(to) }),
      data: hexToBytes(data),
      gasLimit: GAS,
      gasPrice: 0n,
      skipBalance: true,
      block: this.block(),
    });
    await this.evm.journal.cleanup();
    if (execResult.exceptionError !== undefined) {
      const what = to === null ? 'deployment' : `call of ${to} with ${data.slice(0, 10)}`;
      throw new Error(`${what} failed: ${execResult.exceptionError.error}`);
    }
    return createdAddress === undefined ? null : getAddress(createdAddress.toString());
  }

  private block() {
    return {
      header: {
        number: 0n,
        coinbase: createZeroAddress(),
        timestamp: BigInt(this.options.timestamp),
        difficulty: 0n,
        prevRandao: new Uint8Array(32),
        gasLimit: GAS,
        baseFeePerGas: 0n,
        getBlobGasPrice: () => 1n,
      },
    };
  }
}

function entryOf(
  account: Account,
  code: Uint8Array | undefined,
  storage: Readonly<Record<Hash, Hash>> | undefined,
): AllocEntry {
  return {
    balance: numberToHex(account.balance),
    nonce: numberToHex(account.nonce),
    ...(code !== undefined && code.length > 0 && { code: bytesToHex(code) }),
    ...(storage !== undefined && { storage }),
  };
}
