import type { L1BlockRef, L2BlockRef } from './block.js';
import type { ExecutionPayloadEnvelope, PayloadInfo } from './payload.js';

/** A running building job of the execution layer. */
export interface BuildJob {
  readonly info: PayloadInfo;
  readonly parent: L2BlockRef;
  /** Monotonic milliseconds. */
  readonly startedMs: number;
}

/** A block that the execution layer built and that nobody has inserted yet. */
export interface SealedBlock {
  readonly envelope: ExecutionPayloadEnvelope;
  readonly ref: L2BlockRef;
}

/** What became of a building job. */
export type SealResult =
  | ({ readonly kind: 'sealed' } & SealedBlock)
  /** The job is gone or did not answer: the same attributes may be built again. */
  | {
      readonly kind: 'expired';
      readonly reason: string;
      /** The execution layer answered, and gave no block. */
      readonly isAnswered: boolean;
    }
  /** What was built cannot be a block of this chain. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** How the engine settled derived attributes that it did not fail at. */
export type ConsolidateResult =
  /** The block that the execution layer had already is the derived one: nothing was built or sent. */
  | { readonly kind: 'consolidated'; readonly ref: L2BlockRef }
  | { readonly kind: 'built'; readonly ref: L2BlockRef }
  /** The attributes do not apply at the pending safe head any more. */
  | { readonly kind: 'stale' }
  /** From Holocene: derive the same block with its deposits alone, and flush the channel. */
  | {
      readonly kind: 'depositsOnly';
      readonly parent: L2BlockRef;
      readonly derivedFrom: L1BlockRef;
      readonly reason: string;
    }
  /** Before Holocene: the batch is dropped, the next one is tried. */
  | { readonly kind: 'dropped'; readonly reason: string };

/** What the transactions of attributes tell by themselves, before any state is looked at. */
export type TransactionsExam =
  /** No block can be built from the attributes. */
  | { readonly kind: 'defect'; readonly reason: string }
  | {
      readonly kind: 'sound';
      /** Of each transaction, in order; zero for those that use none. */
      readonly gasLimits: readonly bigint[];
      /** The last one is a post-execution transaction, which may still not be what execution comes to. */
      readonly hasPostExec: boolean;
    };
