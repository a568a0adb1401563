import type { Hex } from 'viem';
import type { Address, BlockId, Hash, L1BlockRef, L2BlockRef } from './block.js';

/** EIP-4895 withdrawal; on the OP Stack the list is always empty, from Canyon on. */
export interface Withdrawal {
  readonly index: bigint;
  readonly validatorIndex: bigint;
  readonly address: Address;
  readonly amount: bigint;
}

/**
 * The Engine API's execution payload, all versions in one shape: a field that a version lacks is absent.
 * Spec: execution-apis "ExecutionPayloadV1..V3"; op-node `op-service/eth/types.go`.
 */
export interface ExecutionPayload {
  readonly parentHash: Hash;
  readonly feeRecipient: Address;
  readonly stateRoot: Hash;
  readonly receiptsRoot: Hash;
  /** 256 bytes. */
  readonly logsBloom: Hex;
  readonly prevRandao: Hash;
  readonly blockNumber: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  readonly timestamp: bigint;
  readonly extraData: Hex;
  readonly baseFeePerGas: bigint;
  readonly blockHash: Hash;
  /** Encoded transactions (EIP-2718 opaque bytes), deposits included. */
  readonly transactions: readonly Hex[];
  /** From Canyon. */
  readonly withdrawals?: readonly Withdrawal[];
  /** From Ecotone. */
  readonly blobGasUsed?: bigint;
  /** From Ecotone. */
  readonly excessBlobGas?: bigint;
  /** From Isthmus: the storage root of the message passer. */
  readonly withdrawalsRoot?: Hash;
}

/** A payload with what its hash needs but the payload itself lacks. op-node `eth.ExecutionPayloadEnvelope`. */
export interface ExecutionPayloadEnvelope {
  /** From Ecotone. */
  readonly parentBeaconBlockRoot?: Hash;
  readonly executionPayload: ExecutionPayload;
}

/** What a block is built from. Spec: exec-engine, "Extended PayloadAttributesV1..V4". */
export interface PayloadAttributes {
  readonly timestamp: bigint;
  readonly prevRandao: Hash;
  readonly suggestedFeeRecipient: Address;
  /** From Canyon: empty. */
  readonly withdrawals?: readonly Withdrawal[];
  /** From Ecotone. */
  readonly parentBeaconBlockRoot?: Hash;
  readonly transactions: readonly Hex[];
  readonly noTxPool: boolean;
  readonly gasLimit: bigint;
  /** From Holocene: denominator and elasticity, u32 BE each. */
  readonly eip1559Params?: Hex;
  /** From Jovian. */
  readonly minBaseFee?: bigint;
}

/** Attributes and the block they build on. op-node `derive.AttributesWithParent`. */
export interface AttributesWithParent {
  readonly attributes: PayloadAttributes;
  readonly parent: L2BlockRef;
  /** True when these attributes are the last of their (span) batch: only then may the block become local safe. */
  readonly concluding: boolean;
  /** The L1 block that the attributes were derived from; null while sequencing. */
  readonly derivedFrom: L1BlockRef | null;
}

/** Attributes that derivation made from an L1 block. */
export type DerivedAttributes = AttributesWithParent & { readonly derivedFrom: L1BlockRef };

/**
 * Makes the attributes that are expected on top of a block before it is anybody's head; null where they cannot be told.
 * It may fail, and take its time: it is a help, and nothing waits for it.
 */
export type AttributesAhead = (
  parent: L2BlockRef,
  signal: AbortSignal,
) => Promise<PayloadAttributes | null>;

/** Id of a building job in the execution engine, and the timestamp that selects the getPayload version. */
export interface PayloadInfo {
  readonly id: Hex;
  readonly timestamp: bigint;
}

/**
 * What the engine takes for the chain: its head, and the ancestors of it that are safe and finalized. A zero hash leaves
 * safe or finalized as they are. Spec: execution-apis "ForkchoiceStateV1".
 */
export interface ForkchoiceState {
  readonly headBlockHash: Hash;
  readonly safeBlockHash: Hash;
  readonly finalizedBlockHash: Hash;
}

/**
 * VALID: executed, as is all below. INVALID, INVALID_BLOCK_HASH: never. SYNCING: the engine lacks what is below.
 * ACCEPTED: a side branch that it has not executed. Spec: execution-apis `engine/paris.md`.
 */
export type PayloadStatusKind = 'VALID' | 'INVALID' | 'SYNCING' | 'ACCEPTED' | 'INVALID_BLOCK_HASH';

/** The engine's word on a payload or a forkchoice. Spec: execution-apis "PayloadStatusV1". */
export interface PayloadStatus {
  readonly status: PayloadStatusKind;
  /** The newest valid ancestor of an invalid block, or the block itself; null where the engine does not say. */
  readonly latestValidHash: Hash | null;
  /** For people; only beside INVALID and INVALID_BLOCK_HASH. */
  readonly validationError: string | null;
}

/** The answer of `engine_forkchoiceUpdated`. */
export interface ForkchoiceUpdatedResult {
  readonly payloadStatus: PayloadStatus;
  /** Names the building job that was asked for; 8 bytes. Null without one. */
  readonly payloadId: Hex | null;
}

/** Number and hash of a payload's own block. */
export function payloadId(payload: ExecutionPayload): BlockId {
  return { hash: payload.blockHash, number: payload.blockNumber };
}
