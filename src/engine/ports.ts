import type {
  BlockId,
  BlockLabel,
  BlocksByNumber,
  Hash,
  L1BlockRef,
  L2BlockRef,
} from '../types/block.js';
import type { TransactionsExam } from '../types/building.js';
import type {
  ExecutionPayload,
  ExecutionPayloadEnvelope,
  ForkchoiceState,
  ForkchoiceUpdatedResult,
  PayloadAttributes,
  PayloadInfo,
  PayloadStatus,
} from '../types/payload.js';
import type { L1AtSafeHead, SafeHeadAtL1 } from '../types/safeHeadAtL1.js';

/** The Engine API of our execution layer. RpcError carries its error code; transport failures are temporary. */
export interface EngineApi {
  forkchoiceUpdated(
    state: ForkchoiceState,
    attributes: PayloadAttributes | null,
    signal: AbortSignal,
  ): Promise<ForkchoiceUpdatedResult>;
  newPayload(envelope: ExecutionPayloadEnvelope, signal: AbortSignal): Promise<PayloadStatus>;
  getPayload(info: PayloadInfo, signal: AbortSignal): Promise<ExecutionPayloadEnvelope>;
}

/** Blocks of our execution layer; null means it does not have that block or label. */
export interface EngineL2Source {
  l2BlockRefByLabel(label: BlockLabel, signal: AbortSignal): Promise<L2BlockRef | null>;
  l2BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null>;
  l2BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L2BlockRef | null>;
  /**
   * The blocks at the heights of these ids, in one request. Heights that nothing usable was said of are left out: asked
   * alone, they show why. The hashes say what is expected there, which saves reading a known block again.
   */
  l2BlockRefsAt(ids: readonly BlockId[], signal: AbortSignal): Promise<BlocksByNumber>;
  /** The block as a payload, for consolidation against derived attributes. */
  payloadByNumber(number: bigint, signal: AbortSignal): Promise<ExecutionPayload | null>;
  /** As `payloadByNumber`, with the parent beacon block root. */
  envelopeByNumber(number: bigint, signal: AbortSignal): Promise<ExecutionPayloadEnvelope | null>;
  /** Also a block that the execution layer has lost since, where it is remembered. */
  envelopeByHash(hash: Hash, signal: AbortSignal): Promise<ExecutionPayloadEnvelope | null>;
  /** Peers of the execution layer (`net_peerCount`); null where it does not say. */
  peerCount(signal: AbortSignal): Promise<number | null>;
}

/** Looks at the transactions of attributes by themselves: none is asked of an execution layer. */
export interface TransactionExaminer {
  /**
   * @param number of the block that would be built.
   * @throws NodeError ABORTED only.
   */
  examine(
    attributes: PayloadAttributes,
    number: bigint,
    signal: AbortSignal,
  ): Promise<TransactionsExam>;
}

/** L1 blocks for finding the starting forkchoice; null means not known to our L1. */
export interface EngineL1Source {
  l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null>;
  l1BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L1BlockRef | null>;
}

/**
 * Keeps which L1 block made which L2 block safe (op-node's `SafeHeadListener`). A failure to record resets the engine,
 * so that the entry is tried again. Nothing is recorded while following.
 */
export interface EngineSafeHeadRecorder {
  /** The safe head moved up to `safeHead` with data up to that L1 block. */
  safeHeadUpdated(safeHead: L2BlockRef, l1: BlockId): Promise<void>;
  /** Entries above this safe head no longer hold; the all-zero ref drops every entry. */
  safeHeadReset(safeHead: L2BlockRef): Promise<void>;
  /** The entry with which that L2 block became safe. */
  l1AtSafeHead(l2Number: bigint): Promise<L1AtSafeHead>;
  /** The newest entry; null when there is none. */
  lastEntry(): Promise<SafeHeadAtL1 | null>;
}
