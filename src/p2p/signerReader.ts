import type { Address, Hash, L1BlockRef } from '../types/block.js';
import { addressOfSlot, SIGNER_SLOT } from './signer/chainSigner.js';

/** What is read of L1. */
export interface SignerL1 {
  /** Its timestamp is 0 while no head is known. */
  head(): L1BlockRef;
  /** Null: L1 has none of that number. @throws NodeError temporary. */
  l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null>;
  /** Null: L1 does not have that block. @throws NodeError temporary. */
  storageAt(
    place: { readonly address: Address; readonly slot: Hash },
    block: Hash,
    signal: AbortSignal,
  ): Promise<bigint | null>;
}

export interface SignerPlace {
  /** The proxy of the SystemConfig contract. */
  readonly systemConfig: Address;
  /** `--verifier.l1-confs`: so many L1 blocks are on top of the one that is read. */
  readonly confDepth: bigint;
}

/** Who may sign blocks; null while L1 does not say. @throws NodeError temporary. */
export type ReadSigner = (signal: AbortSignal) => Promise<Address | null>;

/**
 * Reads who may sign blocks from L1 at its confirmed head; while L1 is younger than the depth, at its head.
 * op-node `op-node/node/node.go` initRuntimeConfig, `runcfg/runtime_config.go` Load.
 */
export function signerReader({ systemConfig, confDepth }: SignerPlace, l1: SignerL1): ReadSigner {
  const confirmed = async (signal: AbortSignal): Promise<L1BlockRef | null> => {
    const head = l1.head();
    if (head.timestamp === 0n) return null;
    if (confDepth === 0n || head.number < confDepth) return head;
    return l1.l1BlockRefByNumber(head.number - confDepth, signal);
  };
  return async (signal) => {
    const block = await confirmed(signal);
    if (block === null) return null;
    const place = { address: systemConfig, slot: SIGNER_SLOT };
    const value = await l1.storageAt(place, block.hash, signal);
    return value === null ? null : addressOfSlot(value);
  };
}
