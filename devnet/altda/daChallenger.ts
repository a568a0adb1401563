import type { Hex, TransactionReceipt } from 'viem';
import { createPublicClient, createWalletClient, defineChain, http, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Address } from '../../src/types/block.js';
import { artifact } from '../genesis/artifacts.js';
import { CHALLENGE_BOND } from '../genesis/daChallenge.js';

export interface DaChallengerSetup {
  /** L1 JSON-RPC. */
  readonly l1Url: string;
  readonly l1ChainId: number;
  /** `dataAvailabilityChallenge` of the chain's addresses. */
  readonly contract: Address;
  readonly privateKey: Hex;
}

/** A commitment where it stands on L1. */
export interface PlacedCommitment {
  readonly l1Number: number;
  /** Type byte first. */
  readonly commitment: Hex;
}

const POLL_MS = 250;

/** Challenges commitments and resolves challenges, one transaction at a time. */
export class DaChallenger {
  readonly #setup: DaChallengerSetup;
  readonly #wallet;
  readonly #chain;

  constructor(setup: DaChallengerSetup) {
    this.#setup = setup;
    const chain = defineChain({
      id: setup.l1ChainId,
      name: 'devnet L1',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [setup.l1Url] } },
    });
    const account = privateKeyToAccount(setup.privateKey);
    this.#wallet = createWalletClient({ account, chain, transport: http() });
    this.#chain = createPublicClient({ chain, transport: http(), pollingInterval: POLL_MS });
  }

  /** @returns number of the L1 block with the challenge. @throws Error when the contract refuses it. */
  challenge(placed: PlacedCommitment): Promise<number> {
    return this.#call('challenge', placed, []);
  }

  /** @returns number of the L1 block that has the input. @throws Error when the contract refuses it. */
  resolve(placed: PlacedCommitment, input: Uint8Array): Promise<number> {
    return this.#call('resolve', placed, [toHex(input)]);
  }

  async #call(
    functionName: 'challenge' | 'resolve',
    { l1Number, commitment }: PlacedCommitment,
    more: readonly Hex[],
  ): Promise<number> {
    const hash = await this.#wallet.writeContract({
      address: this.#setup.contract,
      abi: artifact('DataAvailabilityChallenge').abi,
      functionName,
      args: [BigInt(l1Number), commitment, ...more],
      ...(functionName === 'challenge' && { value: CHALLENGE_BOND }),
    });
    const receipt: TransactionReceipt = await this.#chain.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`${functionName} of ${commitment} failed`);
    return Number(receipt.blockNumber);
  }
}
