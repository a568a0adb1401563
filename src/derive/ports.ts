import type { Fields, NodeError } from '../errors/nodeError.js';
import type { SystemConfig } from '../rollup/rollupConfig.js';
import type { Settled } from '../runtime/laneQueue.js';
import type { WatchReader } from '../runtime/watch.js';
import type { BlockId, Hash, L1BlockRef, L2BlockRef } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type { FollowResult, FollowTarget } from '../types/followTarget.js';
import type { L1HeaderInfo, L1Receipt, L1Transaction } from '../types/l1Block.js';
import type { DerivedAttributes, ExecutionPayload } from '../types/payload.js';

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

/** Told about what passes through the pipeline, for metrics. Every method returns at once and never throws. */
export interface DeriveObserver {
  channelInputBytes(compressedBytes: number): void;
  headChannelOpened(): void;
  channelTimedOut(): void;
  frameAdded(): void;
  batchDerived(type: 'singular' | 'span'): void;
  /** Data was ignored as the protocol demands; `fields` say what. At debug or warn level, the caller decides. */
  dropped(what: string, fields: Readonly<Record<string, unknown>>): void;
}

/** An observer that hears nothing. */
export const SILENT_OBSERVER: DeriveObserver = {
  channelInputBytes() {},
  headChannelOpened() {},
  channelTimedOut() {},
  frameAdded() {},
  batchDerived() {},
  dropped() {},
};

/** How the engine settled derived attributes that it did not fail at. */
export type AppliedAttributes =
  | { readonly kind: 'consolidated' | 'built'; readonly ref: L2BlockRef }
  /** They do not apply at the pending safe head any more. */
  | { readonly kind: 'stale' }
  /** From Holocene: the same block is wanted with its deposits alone, and the channel flushed. */
  | { readonly kind: 'depositsOnly'; readonly parent: L2BlockRef; readonly derivedFrom: L1BlockRef }
  /** The batch is dropped, the next one is tried. */
  | { readonly kind: 'dropped' };

/** What derivation asks of the engine, and what it is told. */
export interface DeriveEngine {
  readonly heads: WatchReader<EngineHeads>;
  /** @param resetEpoch the attributes are stale where the engine has been reset since that epoch. */
  consolidate(
    attributes: DerivedAttributes,
    signal: AbortSignal,
    resetEpoch: number,
  ): Promise<Settled<AppliedAttributes>>;
  /** Tells the execution layer the heads that consolidation moved. */
  synchronize(signal: AbortSignal): Promise<Settled<unknown>>;
  /** Moves finalized forward to a safe block. */
  finalize(ref: L2BlockRef, signal: AbortSignal): Promise<Settled<unknown>>;
  /** The heads are found again; `heads.resetEpoch` rises when that is done. */
  requestReset(why: NodeError): void;
}

/** The L1 labels that derivation waits on; all-zero until known. */
export interface DeriveL1Labels {
  readonly head: L1BlockRef;
  readonly finalized: L1BlockRef;
}

/** Told of the progress of derivation, for what only makes sense once all of an L1 block is derived. */
export interface SafeBlockListener {
  /** The L2 block became safe with data up to that L1 block. */
  safeDerived(safe: L2BlockRef, derivedFrom: L1BlockRef): void;
  /** All L1 that there is up to `origin` has been derived. */
  derivationIdle(origin: L1BlockRef): void;
  /** What was told may no longer hold. */
  reset(): void;
}

/** Metrics of the derivation actor; every method returns at once and never throws. */
export interface DerivationRecorder {
  originMoved(origin: L1BlockRef): void;
  idle(isIdle: boolean): void;
  pipelineReset(): void;
  failed(): void;
}

/** The part of a logger that derivation uses. */
export interface DeriveLog {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** How a followed block stands to derived attributes. */
export type ComparedBlock =
  /** Our execution layer has no block there. */
  | { readonly kind: 'missing' }
  /** It is the block that these attributes make. */
  | { readonly kind: 'same'; readonly ref: L2BlockRef }
  /** `reason` names the first field that differs. */
  | { readonly kind: 'different'; readonly block: BlockId; readonly reason: string };

/** The chain that our execution layer follows, as the verifier asks about it. Failures are temporary NodeErrors. */
export interface FollowedChain {
  /** Our canonical block on top of the attributes' parent height against the attributes. */
  compare(derived: DerivedAttributes, signal: AbortSignal): Promise<ComparedBlock>;
  /** Hash of our canonical block at that height; null where there is none. */
  hashAt(number: bigint, signal: AbortSignal): Promise<Hash | null>;
}

/** What the verifier sees of the engine, and the one thing it may ask: to leave blocks that L1 refutes. */
export interface VerifierEngine {
  readonly heads: WatchReader<EngineHeads>;
  follow(target: FollowTarget, signal: AbortSignal): Promise<Settled<FollowResult>>;
}

/** Metrics of the verifier; every method returns at once and never throws. */
export interface VerifierRecorder {
  /** Our chain up to this block is what L1 says. */
  verified(ref: L2BlockRef): void;
  /** L1 up to this block has been read. */
  originMoved(origin: L1BlockRef): void;
  /** A followed block is not what L1 says. */
  refuted(): void;
  /** A followed block was taken as the replacement of an invalid batch, which only execution can show. */
  replaced(): void;
  startedOver(): void;
}
