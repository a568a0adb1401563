import type { BlockId } from '../../types/block.js';

/** Asks for the source's hash at a height; null when it does not say. */
export type HashAt = (number: bigint) => Promise<BlockId | null>;

/**
 * Counts how often in a row one source gave the same conflicting answer. The answer is the block at the height of the
 * conflict: a source whose heads move on in the meantime is asked for that height again.
 */
export class RepeatedAnswer {
  private last: BlockId | null = null;
  private count = 0;

  /** Takes the conflicting block of a poll; returns how many polls in a row gave this answer, 1 for a new one. */
  async note(block: BlockId, hashAt: HashAt): Promise<number> {
    const previous = this.last;
    if (previous !== null && (await isSame(previous, block, hashAt))) {
      this.count += 1;
    } else {
      this.last = { hash: block.hash, number: block.number };
      this.count = 1;
    }
    return this.count;
  }

  /** A poll without a conflict ends the row. */
  clear(): void {
    this.last = null;
    this.count = 0;
  }
}

async function isSame(previous: BlockId, block: BlockId, hashAt: HashAt): Promise<boolean> {
  if (previous.number === block.number) return previous.hash === block.hash;
  const now = await hashAt(previous.number);
  return now !== null && now.hash === previous.hash;
}
