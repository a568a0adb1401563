import type { Hex } from 'viem';
import type { Address, Hash, L1BlockRef } from './block.js';

/** What derivation reads of an L1 header. */
export interface L1HeaderInfo extends L1BlockRef {
  /** Mix hash; after the merge the beacon chain's randomness. */
  readonly prevRandao: Hash;
  readonly baseFee: bigint;
  /** Null before Cancun. */
  readonly excessBlobGas: bigint | null;
  /** Null before Cancun. */
  readonly parentBeaconBlockRoot: Hash | null;
}

/** A log with its place in the block. Hex is lower case. */
export interface L1Log {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: Hex;
  readonly blockHash: Hash;
  /** Index in the block, not in the transaction. */
  readonly logIndex: bigint;
}

export interface L1Receipt {
  /** True when the transaction did not revert (`status` 1). */
  readonly isSuccess: boolean;
  readonly logs: readonly L1Log[];
}

/** An L1 transaction: its target, and the bytes that the block commits to. Nothing else of it is trusted. */
export interface L1Transaction {
  /** Null when it creates a contract. */
  readonly to: Address | null;
  /** EIP-2718 encoding; blob transactions without their sidecar. May be a getter: only read for batcher inbox transactions. */
  readonly encoded: Uint8Array;
}
