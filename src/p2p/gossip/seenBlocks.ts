import { LruCache } from '../../runtime/lruCache.js';
import type { Hash } from '../../types/block.js';

const MAX_HEIGHTS = 1000;
/** Six blocks of a height pass; from then on none does, seen before or not. */
const MAX_PER_HEIGHT = 5;

/** The blocks that one topic has had, by height: at most six hashes of each of the last thousand heights that were asked for. */
export class SeenBlocks {
  private readonly heights = new LruCache<bigint, Hash[]>(MAX_HEIGHTS);

  /** Notes a new block. @returns `full`: too many of that height. op-node `op-node/p2p/gossip.go` seenBlocks. */
  see(number: bigint, hash: Hash): 'new' | 'seen' | 'full' {
    const hashes = this.heights.get(number) ?? [];
    if (hashes.length === 0) this.heights.set(number, hashes);
    if (hashes.length > MAX_PER_HEIGHT) return 'full';
    if (hashes.includes(hash)) return 'seen';
    hashes.push(hash);
    return 'new';
  }
}
