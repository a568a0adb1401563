import type { Hex } from 'viem';
import type { WatchReader } from '../runtime/watch.js';
import type { LogLevel } from '../telemetry/logger.js';
import type { BlockId, Hash, L2BlockRef } from '../types/block.js';
import type { ExternalResult } from '../types/externalBlock.js';
import type { OutputFacts } from '../types/outputFacts.js';
import type { ExecutionPayloadEnvelope, PayloadAttributes, PayloadInfo } from '../types/payload.js';
import type { PeerMethods } from '../types/peerInfo.js';
import type { L1AtSafeHead, SafeHeadAtL1 } from '../types/safeHeadAtL1.js';
import type { SdmStatus } from '../types/sdmStatus.js';
import type { SyncStatus } from '../types/syncStatus.js';

/** The joined status; a new object only when something in it changed. */
export type RpcStatusPort = Pick<WatchReader<SyncStatus>, 'get'>;

/** Blocks and state of our execution layer. Null means not found. */
export interface RpcL2Port {
  l2BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null>;
  outputFactsAt(hash: Hash, signal: AbortSignal): Promise<OutputFacts | null>;
}

export interface RpcSafeDbPort {
  /** Null when no entry is at or below that L1 block. @throws NodeError when disabled. */
  safeHeadAtL1(l1Number: bigint): SafeHeadAtL1 | null;
  /** The entry with which that L2 block became safe. @throws NodeError when disabled. */
  l1AtSafeHead(l2Number: bigint): Promise<L1AtSafeHead>;
}

/**
 * The admin side of the driver. Errors reach the caller with their bare message, as op-node's do. What resolves is done, or
 * goes on because it takes too long for an answer.
 */
export interface RpcAdminPort {
  resetDerivationPipeline(signal: AbortSignal): Promise<void>;
  postUnsafePayload(envelope: ExecutionPayloadEnvelope, signal: AbortSignal): Promise<void>;
  startSequencer(unsafeHash: Hash, signal: AbortSignal): Promise<void>;
  stopSequencer(signal: AbortSignal): Promise<Hash>;
  sequencerActive(): boolean;
  overrideLeader(signal: AbortSignal): Promise<void>;
  conductorEnabled(): boolean;
  setRecoverMode(isEnabled: boolean): Promise<void>;
  setSdmPostExecOptIn(isEnabled: boolean): Promise<void>;
  sdmStatus(): Promise<SdmStatus>;
  setLogLevel(level: LogLevel): void;
}

/** Hash of a payload's block as its fields say, for `admin_postUnsafePayload`. */
export interface RpcPayloadPort {
  computeBlockHash(envelope: ExecutionPayloadEnvelope): Hash;
}

/** A block signed by who built it. */
export interface SignedEnvelope {
  readonly envelope: ExecutionPayloadEnvelope;
  /** 65 bytes. */
  readonly signature: Hex;
}

/** Building blocks from outside. @throws NodeError where the node stops or was reset meanwhile. */
export interface RpcOpstackPort {
  openBlock(
    parent: BlockId,
    attributes: PayloadAttributes,
    signal: AbortSignal,
  ): Promise<ExternalResult<PayloadInfo>>;
  cancelBlock(info: PayloadInfo, signal: AbortSignal): Promise<ExternalResult<null>>;
  sealBlock(
    info: PayloadInfo,
    signal: AbortSignal,
  ): Promise<ExternalResult<ExecutionPayloadEnvelope>>;
  commitBlock(
    envelope: ExecutionPayloadEnvelope,
    signal: AbortSignal,
  ): Promise<ExternalResult<null>>;
  /** @throws NodeError where there are no peers. */
  publishBlock(signed: SignedEnvelope, signal: AbortSignal): Promise<void>;
}

/** The peers, in their own thread. */
export interface RpcP2pPort {
  call<K extends keyof PeerMethods>(
    method: K,
    argument: Parameters<PeerMethods[K]>[0],
  ): ReturnType<PeerMethods[K]>;
  /** What is wrong with a peer id as text; null when nothing is. */
  peerIdFault(text: string): string | null;
}

/** Whether the node can be asked: for who spreads requests over nodes. */
export interface RpcReadiness {
  /** What keeps it from being ready, in plain words; nothing when it is. */
  missing(): readonly string[];
}
