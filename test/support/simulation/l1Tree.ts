import type { Hex } from 'viem';
import type { BlockId, Hash, L1BlockRef } from '../../../src/types/block.js';
import { hashOf, l1Block } from '../l2Chain.js';

/** What a batch says of one L2 block. */
export interface SimBatch {
  readonly parentHash: Hash;
  readonly timestamp: bigint;
  readonly epoch: BlockId;
  /** Without deposits. */
  readonly transactions: readonly Hex[];
}

/** Batches of consecutive L2 blocks, safe together. */
export type SimChannel = readonly SimBatch[];

export interface SimL1Block {
  readonly ref: L1BlockRef;
  readonly channels: readonly SimChannel[];
}

/** L1 as a tree of blocks with batches in them; one branch is the chain. */
export class L1Tree {
  readonly genesis: SimL1Block = { ref: l1Block(0n), channels: [] };
  private readonly blocks = new Map<Hash, SimL1Block>([[this.genesis.ref.hash, this.genesis]]);
  /** Blocks that were once on the chain and have left it at some time. */
  private readonly left = new Set<Hash>();
  private tip: SimL1Block = this.genesis;
  private made = 0;

  get head(): L1BlockRef {
    return this.tip.ref;
  }

  /** A further block on the chain's head. */
  extend(timestamp: bigint, channels: readonly SimChannel[]): SimL1Block {
    const parent = this.tip.ref;
    this.made += 1;
    const ref: L1BlockRef = {
      hash: hashOf(`l1 ${parent.hash} ${this.made}`),
      number: parent.number + 1n,
      parentHash: parent.hash,
      timestamp,
    };
    const block = { ref, channels };
    this.blocks.set(ref.hash, block);
    this.tip = block;
    return block;
  }

  /** Drops the newest blocks. @returns them, lowest first. */
  cut(depth: number): readonly SimL1Block[] {
    const cut: SimL1Block[] = [];
    while (cut.length < depth && this.tip !== this.genesis) {
      cut.unshift(this.tip);
      this.left.add(this.tip.ref.hash);
      this.tip = this.at(this.tip.ref.parentHash);
    }
    return cut;
  }

  get(hash: Hash): SimL1Block | null {
    return this.blocks.get(hash) ?? null;
  }

  at(hash: Hash): SimL1Block {
    const block = this.blocks.get(hash);
    if (block === undefined) throw new Error(`no L1 block ${hash}`);
    return block;
  }

  /** The ancestor of that height; null above the block. */
  ancestor(of: L1BlockRef, number: bigint): L1BlockRef | null {
    if (number > of.number || number < 0n) return null;
    let ref = of;
    while (ref.number > number) ref = this.at(ref.parentHash).ref;
    return ref;
  }

  isCanonical({ hash, number }: BlockId): boolean {
    return this.ancestor(this.head, number)?.hash === hash;
  }

  hasEverLeft(hash: Hash): boolean {
    return this.left.has(hash);
  }
}
