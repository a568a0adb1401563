import {
  BatcherTransactions,
  RECORDED_BATCHER_KEY,
} from '../../devnet/batcher/batcherTransactions.js';
import { BlobSidecars } from '../../devnet/batcher/blobSidecars.js';
import { encodeRpcTransactionBytes } from '../../src/rollup/txCodec.js';
import type { Hash } from '../../src/types/block.js';
import type { ChannelBody } from './dayChannels.js';
import { BLOCKS_PER_SPAN, calldataAround, makeBody } from './dayChannels.js';
import { DAY_L1_BLOCK_SEC, type DayConfig } from './dayConfig.js';
import type { DayL1Block } from './dayL1Block.js';
import { L1BlockMaker } from './dayL1Block.js';

export const DAY_L2_BLOCK_SEC = DAY_L1_BLOCK_SEC / BLOCKS_PER_SPAN;
/** The L1 block that a span's first blocks have as origin is so many before the one that carries the span. */
const CARRIED_AFTER = 2;
const MIN_BLOBS = 6;
const MAX_BLOBS = 9;

/**
 * An L1 of full blocks that carries six to nine full blobs in each, and the L2 in them: a span batch of six blocks in a
 * channel for every L1 block. Always the same for the same time of genesis. Kept of an L1 block are its hash and the
 * batcher's transactions; blobs there are only as many as differ. L2 hashes say the number, and are not hashes of anything.
 */
export class DayChain {
  readonly l1: DayL1Block[] = [];
  private readonly heights = new Map<Hash, number>();

  private constructor(
    readonly config: DayConfig,
    private readonly bodies: ReadonlyMap<number, ChannelBody>,
  ) {}

  /** @param l1Head number of the last L1 block; at least one carries blobs. */
  static async make(config: DayConfig, l1Head: number): Promise<DayChain> {
    const bodies = new Map<number, ChannelBody>();
    for (let count = MIN_BLOBS; count <= MAX_BLOBS; count++) {
      bodies.set(count, makeBody(count, config.l2ChainId));
    }
    const chain = new DayChain(config, bodies);
    await chain.grow(l1Head);
    return chain;
  }

  get l1Head(): number {
    return this.l1.length - 1;
  }

  /** The last L2 block in the blobs. */
  get l2Head(): number {
    return (this.l1Head - CARRIED_AFTER + 1) * BLOCKS_PER_SPAN;
  }

  heightOf(hash: string): number | undefined {
    return this.heights.get(hash as Hash);
  }

  /** The blobs of an L1 block; none of its first two. */
  blobsAt(l1Number: number): readonly Uint8Array[] {
    const isCarrier = l1Number >= CARRIED_AFTER && l1Number <= this.l1Head;
    return isCarrier ? this.bodyAt(l1Number).blobs : [];
  }

  /** Transactions of an L2 block without its L1 info. */
  transactionsOf(l2Number: number): readonly Uint8Array[] {
    const span = Math.floor((l2Number - 1) / BLOCKS_PER_SPAN);
    return this.bodyAt(span + CARRIED_AFTER).transactions[(l2Number - 1) % BLOCKS_PER_SPAN] ?? [];
  }

  /** Six to nine blobs, neighbours unlike each other. */
  private bodyAt(l1Number: number): ChannelBody {
    const kinds = MAX_BLOBS - MIN_BLOBS + 1;
    const body = this.bodies.get(MIN_BLOBS + ((l1Number * 3 + (l1Number >> 2)) % kinds));
    if (body === undefined) throw new RangeError('no body of that many blobs');
    return body;
  }

  private async grow(l1Head: number): Promise<void> {
    const hashes = await this.hashBlobs();
    const maker = new L1BlockMaker(this.config);
    const batcher = new BatcherTransactions({
      ...{ config: this.config, privateKey: RECORDED_BATCHER_KEY },
      hashBlob: (blob) => hashes.get(blob) ?? '0x',
    });
    for (let number = 0; number <= l1Head; number++) {
      const own = number < CARRIED_AFTER ? [] : await this.batcherTransactions(number, batcher);
      const encoded = own.map((json) => ({ json, encoded: encodeRpcTransactionBytes(json) }));
      const parent = this.l1.at(-1)?.hash ?? null;
      const block = maker.make({ number, parent, batcher: encoded });
      this.l1.push(block);
      this.heights.set(block.hash, number);
    }
  }

  private async batcherTransactions(l1Number: number, batcher: BatcherTransactions) {
    const span = l1Number - CARRIED_AFTER;
    const body = this.bodyAt(l1Number);
    const { before, behind } = calldataAround(body, {
      relativeTime: (span * BLOCKS_PER_SPAN + 1) * DAY_L2_BLOCK_SEC,
      parentHash: l2Hash(span * BLOCKS_PER_SPAN),
      origin: { number: span + 1, hash: this.l1[span + 1]?.hash ?? '0x' },
    });
    const made = [
      await batcher.withCalldata(before),
      await batcher.withBlobs(body.blobs),
      await batcher.withCalldata(behind),
    ];
    return made.map(({ json }) => json);
  }

  private async hashBlobs(): Promise<ReadonlyMap<Uint8Array, Hash>> {
    const sidecars = new BlobSidecars();
    const hashes = new Map<Uint8Array, Hash>();
    for (const blob of [...this.bodies.values()].flatMap(({ blobs }) => blobs)) {
      hashes.set(blob, (await sidecars.make(blob)).hash);
    }
    return hashes;
  }
}

/** As long as a hash; its first bytes, which a batch checks, are of this number alone. */
export function l2Hash(number: number): Hash {
  return `0x${`d${number.toString(16).padStart(15, '0')}`.repeat(4)}`;
}

/** The number of an L2 block by its hash. */
export function l2NumberOf(hash: string): number {
  return Number(`0x${hash.slice(-15)}`);
}
