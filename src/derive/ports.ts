import type { SystemConfig } from '../rollup/rollupConfig.js';
import type { BlockId, Hash, L1BlockRef, L2BlockRef } from '../types/block.js';
import type { L1HeaderInfo, L1Receipt, L1Transaction } from '../types/l1Block.js';
import type { ExecutionPayload } from '../types/payload.js';

/**
 * What derivation reads of L1. Null means that our L1 has no such block (yet); failures throw a NodeError,
 * temporary when a retry can help. All answers for a hash are of exactly that block.
 */
export interface DeriveL1Source {
  l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null>;
  l1BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L1BlockRef | null>;
  l1InfoByHash(hash: Hash, signal: AbortSignal): Promise<L1HeaderInfo | null>;
  l1ReceiptsByHash(hash: Hash, signal: AbortSignal): Promise<readonly L1Receipt[] | null>;
  l1TransactionsByHash(hash: Hash, signal: AbortSignal): Promise<readonly L1Transaction[] | null>;
}

/** The L1 chain as our L1 has it at this moment: past what was read ahead, and whatever depth derivation keeps. */
export interface CanonicalL1 extends Pick<DeriveL1Source, 'l1BlockRefByNumber'> {
  /** As last seen. A new one may mean that other blocks are canonical below it. */
  head(): BlockId;
}

/** Blobs of L1 blocks, proven against their versioned hashes by the implementation. */
export interface DeriveBlobSource {
  /**
   * The blobs of these versioned hashes, in this order, 131072 bytes each; null when the L1 slot is known to lack one
   * (pruned or of a block that is gone). The arrays are only read.
   */
  blobsByHash(
    block: L1BlockRef,
    versionedHashes: readonly Hash[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[] | null>;
}

/** What derivation reads of the L2 chain that the engine holds. Null means that it has no such block. */
export interface DeriveL2Source {
  l2BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null>;
  l2BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L2BlockRef | null>;
  payloadByNumber(number: bigint, signal: AbortSignal): Promise<ExecutionPayload | null>;
  /** The system config that the block was built with: see `payloadToSystemConfig`. */
  systemConfigByL2Hash(hash: Hash, signal: AbortSignal): Promise<SystemConfig | null>;
}

/** Told about what passes through the pipeline, for metrics and logs. Every method returns at once and never throws. */
export interface DeriveObserver {
  channelInputBytes(compressedBytes: number): void;
  headChannelOpened(): void;
  channelTimedOut(): void;
  frameAdded(): void;
  batchDerived(type: 'singular' | 'span'): void;
  /** Progress, in op-node's words. At debug or info level, the implementation decides. */
  noted(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Data was ignored as the protocol demands, in op-node's words. At debug or warn level, the implementation decides. */
  dropped(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** An observer that hears nothing. */
export const SILENT_OBSERVER: DeriveObserver = {
  channelInputBytes() {},
  headChannelOpened() {},
  channelTimedOut() {},
  frameAdded() {},
  batchDerived() {},
  noted() {},
  dropped() {},
};
