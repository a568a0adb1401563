import type { BlockId, Hash, L1BlockRef, L2BlockRef } from './block.js';
import { ZERO_HASH } from './block.js';
import type { SyncStatus } from './syncStatus.js';

/**
 * op-node's JSON, byte for byte: key order of its Go structs, numbers in decimal, no white space.
 * Hashes are written as they are (lower case by type), so nothing here needs escaping. op-node `op-service/eth`.
 */

/** `{"hash":…,"number":…}`; op-node `eth.BlockID`. */
export function encodeBlockId(id: BlockId): string {
  return `{"hash":"${id.hash}","number":${id.number}}`;
}

/** op-node `eth.L1BlockRef`. */
function encodeL1BlockRef(ref: L1BlockRef): string {
  return `{"hash":"${ref.hash}","number":${ref.number},"parentHash":"${ref.parentHash}","timestamp":${ref.timestamp}}`;
}

/** op-node `eth.L2BlockRef`; its origin's key is `l1origin`. */
export function encodeL2BlockRef(ref: L2BlockRef): string {
  return `{"hash":"${ref.hash}","number":${ref.number},"parentHash":"${ref.parentHash}","timestamp":${ref.timestamp},"l1origin":${encodeBlockId(ref.l1Origin)},"sequenceNumber":${ref.sequenceNumber}}`;
}

/** The answer of `optimism_syncStatus`; op-node `eth.SyncStatus`. */
export function encodeSyncStatus(status: SyncStatus): string {
  const fields = [
    `"current_l1":${encodeL1BlockRef(status.currentL1)}`,
    `"current_l1_finalized":${encodeL1BlockRef(status.currentL1Finalized)}`,
    `"head_l1":${encodeL1BlockRef(status.headL1)}`,
    `"safe_l1":${encodeL1BlockRef(status.safeL1)}`,
    `"finalized_l1":${encodeL1BlockRef(status.finalizedL1)}`,
    `"unsafe_l2":${encodeL2BlockRef(status.unsafeL2)}`,
    `"safe_l2":${encodeL2BlockRef(status.safeL2)}`,
    `"finalized_l2":${encodeL2BlockRef(status.finalizedL2)}`,
    `"pending_safe_l2":${encodeL2BlockRef(status.pendingSafeL2)}`,
    `"cross_unsafe_l2":${encodeL2BlockRef(status.crossUnsafeL2)}`,
    `"local_safe_l2":${encodeL2BlockRef(status.localSafeL2)}`,
  ];
  return `{${fields.join(',')}}`;
}

/** An output root with what it was computed from. */
export interface OutputAtBlock {
  readonly outputRoot: Hash;
  readonly blockRef: L2BlockRef;
  readonly withdrawalStorageRoot: Hash;
  readonly stateRoot: Hash;
}

/**
 * The answer of `optimism_outputAtBlock` up to its sync status, which the caller appends together with the closing
 * brace: this part of a finalized block never changes, the status does. op-node `eth.OutputResponse`, version 0.
 */
export function encodeOutputBeforeStatus(output: OutputAtBlock): string {
  return `{"version":"${ZERO_HASH}","outputRoot":"${output.outputRoot}","blockRef":${encodeL2BlockRef(output.blockRef)},"withdrawalStorageRoot":"${output.withdrawalStorageRoot}","stateRoot":"${output.stateRoot}","syncStatus":`;
}

/** The answer of `optimism_safeHeadAtL1Block`; op-node `eth.SafeHeadResponse`. */
export function encodeSafeHead(safeHead: {
  readonly l1Block: BlockId;
  readonly safeHead: BlockId;
}): string {
  return `{"l1Block":${encodeBlockId(safeHead.l1Block)},"safeHead":${encodeBlockId(safeHead.safeHead)}}`;
}
