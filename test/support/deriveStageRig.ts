import { encodeSpanBatch } from '../../devnet/batcher/spanBatch.js';
import type { Batch, SingularBatch } from '../../src/derive/codec/batch.js';
import type { SpanBatch } from '../../src/derive/codec/spanBatch.js';
import { decodeRawSpanBatch, deriveSpanBatch } from '../../src/derive/codec/spanBatch.js';
import type { DeriveL2Source } from '../../src/derive/ports.js';
import { BatchQueue } from '../../src/derive/stages/batchQueue.js';
import type { BatchStage } from '../../src/derive/stages/batchStage.js';
import { StrictBatchStage } from '../../src/derive/stages/strictBatchStage.js';
import { whole } from '../../src/rollup/slices.js';
import type { L2BlockRef } from '../../src/types/block.js';
import {
  deriveConfig,
  FakeProvider,
  forksBefore,
  l1Block,
  l2Block,
  NEVER,
  RecordingObserver,
} from './deriveFakes.js';
import { l2Payload } from './deriveL2.js';
import { NO_TURN } from './sliced.js';

/** The input of L2 block `number` of the fakes' chain. */
export function singularOf(number: number, changes: Partial<SingularBatch> = {}): SingularBatch {
  const ref = l2Block(number);
  return {
    type: 'singular',
    parentHash: ref.parentHash,
    epochNumber: ref.l1Origin.number,
    epochHash: ref.l1Origin.hash,
    timestamp: ref.timestamp,
    transactions: [],
    ...changes,
  };
}

/** A span batch of these blocks. */
export function spanOf(blocks: readonly SingularBatch[]): SpanBatch {
  const raw = whole(decodeRawSpanBatch(encodeSpanBatch(blocks, 1000n, false).subarray(1)));
  const span = raw && whole(deriveSpanBatch(raw, deriveConfig()));
  if (span === null) throw new Error('not a span batch');
  return span;
}

/** Blocks `from` to `to` as one span batch. */
export function spanRange(from: number, to: number): SpanBatch {
  return spanOf(Array.from({ length: to - from + 1 }, (_, i) => singularOf(from + i)));
}

/** A batch stage over a queue of batches, with an L1 and a safe head that the test moves. */
export class BatchStageRig {
  readonly previous = new FakeProvider<Batch>();
  readonly observer = new RecordingObserver();
  readonly stage: BatchStage;
  safeHead: L2BlockRef;
  /** When set, the L2 source throws it. */
  l2Failure: Error | null = null;
  /** Transactions of L2 blocks of the chain, by number; all others have none. */
  readonly safeTransactions = new Map<bigint, readonly Uint8Array[]>();
  /** The heights at which the L2 source has been asked for a payload; those in `lost` it does not have. */
  readonly read: bigint[] = [];
  readonly lost = new Set<bigint>();

  constructor(kind: 'queue' | 'strict', { safe = 0, seqWindowSize = 20n } = {}) {
    const forks = kind === 'queue' ? forksBefore('holocene') : deriveConfig().forks;
    const config = deriveConfig({ forks, seqWindowSize });
    const l2: Pick<DeriveL2Source, 'l2BlockRefByNumber' | 'payloadByNumber'> = {
      l2BlockRefByNumber: async (number) => {
        if (this.l2Failure !== null) throw this.l2Failure;
        return l2Block(Number(number));
      },
      payloadByNumber: async (number) => {
        this.read.push(number);
        if (this.l2Failure !== null) throw this.l2Failure;
        if (this.lost.has(number)) return null;
        return l2Payload(l2Block(Number(number)), this.safeTransactions.get(number), config);
      },
    };
    const deps = { previous: this.previous, l2, observer: this.observer, turn: NO_TURN };
    this.stage =
      kind === 'queue' ? new BatchQueue(config, deps) : new StrictBatchStage(config, deps);
    this.safeHead = l2Block(safe);
    this.enter(Number(this.safeHead.l1Origin.number));
    this.stage.reset(this.previous.origin);
  }

  /** The pipeline is at this L1 block. */
  enter(l1Number: number): void {
    this.previous.origin = l1Block(l1Number);
  }

  /** Pulls until a batch comes or nothing is left, taking each batch over as the new safe head. */
  async pull(): Promise<'outOfData' | { block: string; concluding: boolean }> {
    for (let i = 0; i < 1000; i++) {
      const next = await this.stage.nextBatch(this.safeHead, NEVER);
      if (next === 'outOfData') return 'outOfData';
      if (next === 'again') continue;
      const { batch, concluding } = next;
      const number = Number(this.safeHead.number) + 1;
      const sameEpoch = batch.epochNumber === this.safeHead.l1Origin.number;
      this.safeHead = l2Block(number, {
        timestamp: batch.timestamp,
        l1Origin: { number: batch.epochNumber, hash: batch.epochHash },
        sequenceNumber: sameEpoch ? this.safeHead.sequenceNumber + 1n : 0n,
      });
      const txs = batch.transactions.length;
      return { block: `${number} on ${batch.epochNumber} txs ${txs}`, concluding };
    }
    throw new Error('the stage does not come to an end');
  }

  /** All blocks until nothing is left; `*` marks concluding ones. */
  async drain(): Promise<readonly string[]> {
    const blocks: string[] = [];
    for (let next = await this.pull(); next !== 'outOfData'; next = await this.pull()) {
      blocks.push(`${next.block}${next.concluding ? ' *' : ''}`);
    }
    return blocks;
  }
}
