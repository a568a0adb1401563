import type { Hex } from 'viem';
import { NodeError } from '../../errors/nodeError.js';
import { bytesToHex } from '../../rollup/bytes.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Sliced, Turn } from '../../rollup/slices.js';
import { inTurns } from '../../rollup/slices.js';
import { withDepositsOnly } from '../../rollup/withDepositsOnly.js';
import type { BlockId, L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { DerivedAttributes, PayloadAttributes } from '../../types/payload.js';
import type { AttributesBuilder } from '../attributes/attributesBuilder.js';
import type { SingularBatch } from '../codec/batch.js';
import type { NextBatch } from './batchStage.js';
import type { Pull } from './pull.js';

/** The stage before: the next batch for a parent. */
export interface NextBatchProvider {
  readonly origin: L1BlockRef;
  nextBatch(parent: L2BlockRef, signal: AbortSignal): Promise<Pull<NextBatch>>;
  peek(parent: L2BlockRef): SingularBatch | null;
  flush(): void;
}

export interface AttributesQueueDeps {
  readonly previous: NextBatchProvider;
  readonly builder: Pick<AttributesBuilder, 'prepare'>;
  readonly turn: Turn;
}

/** Bytes written as hex in about a millisecond. */
const HEX_BYTES_PER_SLICE = 256 * 1024;
/** What a transaction takes beside its bytes, in bytes. */
const HEX_OVERHEAD_BYTES = 64;

/** Attributes of a batch that was looked at and may become the next one. */
interface MadeAhead {
  readonly batch: SingularBatch;
  readonly attributes: PayloadAttributes;
}

/**
 * Turns batches into attributes. Keeps a batch while its attributes cannot be made yet, and the last attributes for a
 * deposits-only replacement. op-node `rollup/derive/attributes_queue.go`.
 */
export class AttributesQueue {
  private pending: NextBatch | null = null;
  private last: DerivedAttributes | null = null;
  private ahead: MadeAhead | null = null;
  private readonly config: Pick<RollupConfig, 'blockTime'>;
  private readonly deps: AttributesQueueDeps;

  constructor(config: Pick<RollupConfig, 'blockTime'>, deps: AttributesQueueDeps) {
    this.config = config;
    this.deps = deps;
  }

  /** @throws NodeError of any severity; after a temporary one the call can be repeated. */
  async nextAttributes(parent: L2BlockRef, signal: AbortSignal): Promise<Pull<DerivedAttributes>> {
    const next = this.pending ?? (await this.deps.previous.nextBatch(parent, signal));
    if (typeof next === 'string') return next;
    this.pending = next;
    this.checkParent(next, parent);
    const { batch, concluding } = next;
    const made = this.ahead?.batch === batch ? this.ahead.attributes : null;
    const attributes = made ?? (await this.make(batch, parent, signal));
    this.ahead = null;
    this.pending = null;
    this.last = { attributes, parent, concluding, derivedFrom: this.deps.previous.origin };
    return this.last;
  }

  /**
   * The attributes that are expected next on that block, which need not be safe yet; null where no batch is at hand. Where
   * they come next, `nextAttributes` gives these very ones; nothing else changes.
   * @throws NodeError as `nextAttributes`.
   */
  async makeAhead(parent: L2BlockRef, signal: AbortSignal): Promise<PayloadAttributes | null> {
    const batch = this.pending === null ? this.deps.previous.peek(parent) : null;
    if (batch === null) return null;
    const attributes = await this.make(batch, parent, signal);
    this.ahead = { batch, attributes };
    return attributes;
  }

  reset(): void {
    this.pending = null;
    this.last = null;
    this.ahead = null;
  }

  /**
   * The last attributes with deposits only, after dropping the rest of their channel: what replaces a block that the
   * engine found invalid. Spec: protocol/holocene/derivation, "Steady Block Derivation".
   * @throws NodeError DERIVE_INVARIANT (critical) when these are not the last attributes.
   */
  depositsOnly(parent: BlockId, derivedFrom: L1BlockRef): DerivedAttributes {
    const { last } = this;
    if (this.pending !== null) throw invariant('unexpected buffered batch', parent);
    if (last === null) throw invariant('no attributes generated yet', parent);
    if (last.derivedFrom.hash !== derivedFrom.hash) {
      throw invariant('unexpected derivation origin', parent);
    }
    if (last.parent.hash !== parent.hash) throw invariant('unexpected parent', parent);
    this.deps.previous.flush();
    this.last = withDepositsOnly(last);
    return this.last;
  }

  private async make(
    batch: SingularBatch,
    parent: L2BlockRef,
    signal: AbortSignal,
  ): Promise<PayloadAttributes> {
    const epoch = { hash: batch.epochHash, number: batch.epochNumber };
    const prepared = await this.deps.builder.prepare(parent, epoch, signal);
    const own = await inTurns(hexOf(batch.transactions), this.deps.turn, signal);
    return { ...prepared, noTxPool: true, transactions: [...prepared.transactions, ...own] };
  }

  private checkParent({ batch }: NextBatch, parent: L2BlockRef): void {
    const expected = parent.timestamp + this.config.blockTime;
    if (batch.parentHash === parent.hash && batch.timestamp === expected) return;
    throw new NodeError('DERIVE_BATCH_MISMATCH', 'valid batch does not build on the safe head', {
      severity: 'reset',
      fields: { parent: parent.number, timestamp: batch.timestamp, expected },
    });
  }
}

function* hexOf(transactions: readonly Uint8Array[]): Sliced<readonly Hex[]> {
  const hex: Hex[] = [];
  let sliceBytes = 0;
  for (const transaction of transactions) {
    hex.push(bytesToHex(transaction));
    sliceBytes += transaction.length + HEX_OVERHEAD_BYTES;
    if (sliceBytes < HEX_BYTES_PER_SLICE) continue;
    sliceBytes = 0;
    yield;
  }
  return hex;
}

function invariant(why: string, parent: BlockId): NodeError {
  return new NodeError('DERIVE_INVARIANT', `deriving deposits-only attributes: ${why}`, {
    severity: 'critical',
    fields: { parent: parent.number, hash: parent.hash },
  });
}
