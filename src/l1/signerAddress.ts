import type { Watch } from '../runtime/watch.js';
import type { Logger } from '../telemetry/logger.js';
import type { Address, BlockLabel, Hash, L1BlockRef } from '../types/block.js';

/** keccak256 of `systemconfig.unsafeblocksigner`: the slot of the SystemConfig contract that holds the address. */
export const UNSAFE_BLOCK_SIGNER_SLOT: Hash =
  '0x65a7ed542fb37fe237fdfbdd70b31598523fe5b32879e307bae27a0bd9581c08';

/** What the loader reads of L1; storage values are proven by the implementation. */
export interface SignerL1Source {
  l1BlockRefByLabel(label: BlockLabel, signal: AbortSignal): Promise<L1BlockRef | null>;
  l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null>;
  storageAt(
    query: { readonly address: Address; readonly slot: Hash; readonly blockHash: Hash },
    signal: AbortSignal,
  ): Promise<bigint>;
}

export interface SignerAddressOptions {
  readonly systemConfigAddress: Address;
  /** `--verifier.l1-confs`: blocks to stay below the L1 head. */
  readonly confDepth: bigint;
}

export interface SignerAddressDeps {
  readonly l1: SignerL1Source;
  /** Null until loaded. */
  readonly signer: Watch<Address | null>;
  readonly log: Logger;
}

/**
 * Loads the address that signs gossiped unsafe blocks from the SystemConfig on L1, at the confirmation depth below the
 * head, and publishes it when it changed. op-node `node/runcfg/runtime_config.go`.
 */
export class SignerAddressLoader {
  constructor(
    private readonly options: SignerAddressOptions,
    private readonly deps: SignerAddressDeps,
  ) {}

  /** @returns false when L1 does not have its own head or the block below it (yet). @throws temporary NodeErrors of L1. */
  async load(signal: AbortSignal): Promise<boolean> {
    const { l1, log, signer } = this.deps;
    const head = await l1.l1BlockRefByLabel('latest', signal);
    if (head === null) return false;
    const { confDepth, systemConfigAddress } = this.options;
    // A chain shorter than the depth is read at its head.
    const number = head.number >= confDepth ? head.number - confDepth : head.number;
    const confirmed = await l1.l1BlockRefByNumber(number, signal);
    if (confirmed === null) return false;
    const query = {
      address: systemConfigAddress,
      slot: UNSAFE_BLOCK_SIGNER_SLOT,
      blockHash: confirmed.hash,
    };
    const address = addressOf(await l1.storageAt(query, signal));
    log.info('loaded new runtime config values!', { p2p_seq_address: address });
    signer.set(address);
    return true;
  }
}

/** The last 20 of 32 bytes. */
function addressOf(word: bigint): Address {
  return `0x${BigInt.asUintN(160, word).toString(16).padStart(40, '0')}`;
}
