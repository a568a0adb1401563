import type { NodeError } from '../errors/nodeError.js';
import type { Settled } from '../runtime/laneQueue.js';
import type { WatchReader } from '../runtime/watch.js';
import type { BlockId, Hash, L1BlockRef, L2BlockRef } from '../types/block.js';
import type { BuildJob, SealedBlock, SealResult } from '../types/building.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type {
  AttributesWithParent,
  ExecutionPayloadEnvelope,
  PayloadAttributes,
  PayloadInfo,
} from '../types/payload.js';

/** The engine could not be asked or is not ready; `error` is temporary. Nothing was changed. */
export interface EngineUnavailable {
  readonly kind: 'unavailable';
  readonly error: NodeError;
}

/** The engine's answers to the sequencer. `stale`: the unsafe head is not the block any more that the call builds on. */
export type StartedBuild =
  | { readonly kind: 'started'; readonly job: BuildJob }
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'stale' }
  | EngineUnavailable;

export type InsertedBlock =
  | { readonly kind: 'inserted'; readonly ref: L2BlockRef }
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'stale' }
  | EngineUnavailable;

/** What the sequencer asks of the engine. A call settles as superseded when the engine was reset meanwhile. */
export interface SequencerEngine {
  readonly heads: WatchReader<EngineHeads>;
  /**
   * Starts a block on our unsafe head.
   * @param resetEpoch of the heads that its L1 origin was chosen for: after a reset since then it is stale.
   */
  build(
    attributes: AttributesWithParent,
    signal: AbortSignal,
    resetEpoch: number,
  ): Promise<Settled<StartedBuild>>;
  /** Takes the block of a job; it is not inserted yet. */
  seal(job: BuildJob, signal: AbortSignal): Promise<Settled<SealResult>>;
  /** Ends a job that is not wanted any more. */
  cancelBuild(info: PayloadInfo, signal: AbortSignal): Promise<Settled<void>>;
  /** Makes a sealed block our unsafe head. @param startedMs monotonic start of its job; null when not known. */
  insertSealed(
    block: SealedBlock,
    startedMs: number | null,
    signal: AbortSignal,
  ): Promise<Settled<InsertedBlock>>;
  /** The heads are found again; `heads.resetEpoch` rises when that is done. */
  requestReset(why: NodeError): void;
}

/** L1 as the sequencer may build on it: blocks above its confirmation depth do not exist. Null: no such block. */
export interface SequencerL1 {
  l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null>;
  l1BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L1BlockRef | null>;
  /** Has at hand what the attributes of a block with this L1 origin will need. */
  readAhead(origin: L1BlockRef, signal: AbortSignal): Promise<void>;
}

/** Makes the attributes of the next block without transactions of users. See `AttributesBuilder` for what it throws. */
export interface SequencerAttributes {
  prepare(parent: L2BlockRef, epoch: BlockId, signal: AbortSignal): Promise<PayloadAttributes>;
}

/** Who decides which of several sequencers leads. op-node `rollup/conductor` SequencerConductor. */
export interface SequencerConductor {
  readonly isEnabled: boolean;
  /** @throws NodeError SEQUENCER_CONDUCTOR_FAILED, temporary. */
  isLeader(signal: AbortSignal): Promise<boolean>;
  /** Stores the block with all sequencers before anybody sees it. @throws NodeError SEQUENCER_CONDUCTOR_FAILED, temporary. */
  commitUnsafePayload(envelope: ExecutionPayloadEnvelope, signal: AbortSignal): Promise<void>;
  /** From now on we lead and nothing is committed, until the process ends. */
  overrideLeader(): void;
}

/** Remembers over restarts whether we sequence, and what is wished of it. @throws NodeError SEQUENCER_STATE_UNWRITABLE, temporary. */
export interface SequencerStateStore {
  sequencerStarted(): Promise<void>;
  sequencerStopped(): Promise<void>;
  sdmPostExecOptIn(isEnabled: boolean): Promise<void>;
}

/** Sends sealed blocks to peers: returns at once, logs and counts its own failures. */
export interface BlockPublisher {
  publish(envelope: ExecutionPayloadEnvelope): void;
}

/** Metrics of the sequencer; every method returns at once and never throws. */
export interface SequencerRecorder {
  active(isActive: boolean): void;
  sequencingError(): void;
  /** A block could not be published to peers. */
  publishingError(): void;
  sequencerReset(): void;
  inconsistentL1Origin(from: BlockId, to: BlockId): void;
}

/** A node without peers. */
export class DisabledPublisher implements BlockPublisher {
  publish(): void {}
}
