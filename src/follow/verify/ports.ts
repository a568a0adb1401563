import type { Settled } from '../../runtime/laneQueue.js';
import type { WatchReader } from '../../runtime/watch.js';
import type { BlockId, Hash, L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { FollowResult, FollowTarget } from '../../types/followTarget.js';
import type { DerivedAttributes } from '../../types/payload.js';
import type { L1AtSafeHead, SafeHeadAtL1 } from '../../types/safeHeadAtL1.js';
import type { StepResult } from '../../types/stepResult.js';

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

/**
 * The safe-head database, for entries that are proven. Writes that fail come again: `reset` at the next `settle`.
 * `src/engine/safeHeadRecords.ts` says what each call does and throws.
 */
export interface ProvenDatabase {
  reset(safe: L2BlockRef, signal: AbortSignal): Promise<void>;
  settle(signal: AbortSignal): Promise<void>;
  moved(before: L2BlockRef, safe: L2BlockRef, derivedFrom: BlockId): Promise<void>;
  lastEntry(): Promise<SafeHeadAtL1 | null>;
  l1AtSafeHead(l2Number: bigint): Promise<L1AtSafeHead>;
}

/** Derivation, as the verifier drives it; `src/derive/pipeline.ts` says what each call does and throws. */
export interface VerifierPipeline {
  reset(): void;
  confirmEngineReset(): void;
  step(verified: L2BlockRef, signal: AbortSignal): Promise<StepResult>;
  depositsOnly(parent: BlockId, derivedFrom: L1BlockRef): DerivedAttributes;
  settleAhead(signal: AbortSignal): Promise<void>;
}

/** Our own L1; null means that it does not have that height (yet). */
export interface VerifierL1Port {
  l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null>;
}
