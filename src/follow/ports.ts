import type { Settled } from '../runtime/laneQueue.js';
import type { WatchReader } from '../runtime/watch.js';
import type { BlockId, BlocksByNumber, Hash, L1BlockRef, L2BlockRef } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type { FollowResult, FollowTarget } from '../types/followTarget.js';
import type { ExecutionPayloadEnvelope, PayloadStatus } from '../types/payload.js';

/** What follow mode needs from our own engine. */
export interface FollowEnginePort {
  readonly heads: WatchReader<EngineHeads>;
  /** Asks the engine to take the target; a newer target supersedes a queued one. */
  follow(target: FollowTarget, signal: AbortSignal): Promise<Settled<FollowResult>>;
  /** Tells what our execution layer is being led to and does not have yet; null when that is over. Takes effect at once. */
  noteMove(to: BlockId | null): void;
  /** Hands a checked block to the engine like gossip would (queued by number, inserted when its parent is our head). */
  addUnsafePayload(envelope: ExecutionPayloadEnvelope): void;
}

/** Blocks of our own execution layer; null means it does not have that block. Temporary NodeErrors otherwise. */
export interface FollowL2Port {
  l2BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null>;
  l2BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L2BlockRef | null>;
  /**
   * The blocks at the heights of these ids, in one request. Heights that nothing usable was said of are left out: asked
   * alone, they show why. The hashes say what is expected there, which saves reading a known block again.
   */
  l2BlockRefsAt(ids: readonly BlockId[], signal: AbortSignal): Promise<BlocksByNumber>;
}

/** Our own L1; null means that it does not have that height (yet). */
export interface FollowL1Port {
  /** The newest block that it has shown; all-zero before. */
  l1Head(): L1BlockRef;
  /** @param fresh true reads past the cache. */
  l1BlockRefByNumber(
    number: bigint,
    options: { readonly fresh: boolean },
    signal: AbortSignal,
  ): Promise<L1BlockRef | null>;
}

/** What verification has found, for who must not follow it. */
export interface FollowVerifierPort {
  /** The block that L1 refutes; null while there is none. */
  readonly refuted: WatchReader<BlockId | null>;
}

/** Executes a block without moving any head, for blocks beside our unsafe chain. The engine client has it. */
export interface FollowPayloadPort {
  newPayload(envelope: ExecutionPayloadEnvelope, signal: AbortSignal): Promise<PayloadStatus>;
}

/** Fetches the blocks that a target needs. */
export interface FollowBlocksPort {
  /** Names the accepted local safe head; a newer one takes the place of an older one. */
  offer(localSafe: L2BlockRef): void;
  /** True while there is a block source and it has not kept failing: then a target may wait for its blocks. */
  isWorking(): boolean;
  /** Waits at most `maxMs` for that block to be in our execution layer; whether it is. @throws NodeError ABORTED */
  fetched(localSafe: L2BlockRef, maxMs: number, signal: AbortSignal): Promise<boolean>;
}
