import type { Hex } from 'viem';
import type { RollupConfig } from '../../../src/rollup/rollupConfig.js';
import type { L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import type { SimBatch, SimChannel } from './l1Tree.js';

export interface NextBlock {
  readonly epoch: L1BlockRef;
  readonly transactions: readonly Hex[];
  /** What it was made of; null where it was not in a channel. */
  readonly batch: SimBatch | null;
  /** The last one of its channel. */
  readonly concluding: boolean;
}

/**
 * The derivation rules of the simulated chain, pure: channels in order, each as far as it fits, and empty blocks once
 * the sequencing window of an epoch is over.
 */
export class BatchReader {
  private origin: L1BlockRef;
  private readonly seen = new Map<bigint, L1BlockRef>();
  private channels: SimBatch[][] = [];

  constructor(
    private readonly config: RollupConfig,
    base: L1BlockRef,
  ) {
    this.origin = base;
    this.seen.set(base.number, base);
  }

  /** On to the next L1 block. What is left of the one before counts no more. */
  read(origin: L1BlockRef, channels: readonly SimChannel[]): void {
    this.origin = origin;
    this.seen.set(origin.number, origin);
    this.channels = channels.map((channel) => [...channel]);
  }

  /** Null where more of L1 is needed. */
  next(parent: L2BlockRef): NextBlock | null {
    for (let channel = this.channels[0]; channel !== undefined; channel = this.channels[0]) {
      while (channel[0] !== undefined && channel[0].timestamp <= parent.timestamp) channel.shift();
      const batch = channel.shift();
      const epoch = batch === undefined ? null : this.epochOf(batch, parent);
      if (batch === undefined || epoch === null) {
        this.channels.shift();
        continue;
      }
      const concluding = channel.length === 0;
      if (concluding) this.channels.shift();
      return { epoch, transactions: batch.transactions, batch, concluding };
    }
    return this.forced(parent);
  }

  /** What `next` would give of the channel that is being read; null where none is, or it does not fit. */
  peek(parent: L2BlockRef): Omit<NextBlock, 'concluding'> | null {
    const batch = this.channels[0]?.[0];
    const epoch = batch === undefined ? null : this.epochOf(batch, parent);
    if (batch === undefined || epoch === null) return null;
    return { epoch, transactions: batch.transactions, batch };
  }

  /** Drops the rest of a channel that has begun: the caller knows that the last block was of it. */
  flush(): void {
    this.channels.shift();
  }

  private epochOf(batch: SimBatch, parent: L2BlockRef): L1BlockRef | null {
    const { blockTime, seqWindowSize } = this.config;
    const epoch = this.seen.get(batch.epoch.number);
    const step = batch.epoch.number - parent.l1Origin.number;
    const fits =
      epoch !== undefined &&
      epoch.hash === batch.epoch.hash &&
      batch.parentHash === parent.hash &&
      batch.timestamp === parent.timestamp + blockTime &&
      batch.timestamp >= epoch.timestamp &&
      this.origin.number <= epoch.number + seqWindowSize &&
      (step === 0n
        ? epoch.hash === parent.l1Origin.hash
        : step === 1n && epoch.parentHash === parent.l1Origin.hash);
    return fits ? epoch : null;
  }

  private forced(parent: L2BlockRef): NextBlock | null {
    const { blockTime, seqWindowSize } = this.config;
    if (this.origin.number < parent.l1Origin.number + seqWindowSize) return null;
    const next = this.seen.get(parent.l1Origin.number + 1n);
    const current = this.seen.get(parent.l1Origin.number);
    if (next === undefined || current === undefined) return null;
    const epoch = parent.timestamp + blockTime >= next.timestamp ? next : current;
    return { epoch, transactions: [], batch: null, concluding: true };
  }
}
