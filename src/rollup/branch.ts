import type { Hash, L2BlockRef } from '../types/block.js';

/** Blocks walked at most; the unsafe chain of a healthy network is shorter than this many blocks. */
export const MAX_BRANCH = 512;

/** Where the blocks of the walk are looked up; null means that they are not held. */
export interface BranchBlocks {
  l2BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L2BlockRef | null>;
  l2BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null>;
}

/** What an execution layer holds of the chain that ends in a block, from that block down. */
export interface Branch {
  /** By height, without gaps. Where the end is `joined` the lowest one is on the canonical chain, as is all below it. */
  readonly blocks: ReadonlyMap<bigint, L2BlockRef>;
  readonly lowest: L2BlockRef;
  /** Why the walk ended: see `walkBranch`. */
  readonly end: 'joined' | 'floor' | 'missing' | 'tooLong';
}

/**
 * Walks parent links down from a block that is held: `joined` where the canonical chain is reached, `floor` at that
 * height, `missing` where a parent is not held, `tooLong` after MAX_BRANCH blocks.
 * @throws what the look-ups throw.
 */
export async function walkBranch(
  held: BranchBlocks,
  tip: L2BlockRef,
  floor: bigint,
  signal: AbortSignal,
): Promise<Branch> {
  const blocks = new Map<bigint, L2BlockRef>();
  for (let lowest = tip; ; ) {
    blocks.set(lowest.number, lowest);
    const canonical = await held.l2BlockRefByNumber(lowest.number, signal);
    if (canonical?.hash === lowest.hash) return { blocks, lowest, end: 'joined' };
    if (lowest.number <= floor) return { blocks, lowest, end: 'floor' };
    if (blocks.size >= MAX_BRANCH) return { blocks, lowest, end: 'tooLong' };
    const parent = await held.l2BlockRefByHash(lowest.parentHash, signal);
    if (parent === null) return { blocks, lowest, end: 'missing' };
    lowest = parent;
  }
}
