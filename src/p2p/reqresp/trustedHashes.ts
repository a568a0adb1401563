import type { Hash } from '../../types/block.js';

const MAX_HASHES = 10_000;

/** Hashes of blocks that are, or once were, of our chain: the last ten thousand that were added. */
export class TrustedHashes {
  private readonly hashes = new Set<Hash>();

  add(hash: Hash): void {
    this.hashes.delete(hash);
    this.hashes.add(hash);
    const [oldest] = this.hashes;
    if (this.hashes.size > MAX_HASHES && oldest !== undefined) this.hashes.delete(oldest);
  }

  has(hash: Hash): boolean {
    return this.hashes.has(hash);
  }
}
