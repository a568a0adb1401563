import type { L2BlockRef } from '../../types/block.js';
import { isZeroRef } from '../../types/block.js';
import type { FollowL2Port } from '../ports.js';
import type { BlocksByNumber, ChainInput } from './chainRules.js';

/** Blocks walked at most; the unsafe chain of a healthy network is shorter than this many blocks. */
export const MAX_WALK = 512;

/**
 * The source's chain from its local safe head down, as far as our execution layer holds it off our own chain: its
 * blocks at the heights of our safe and finalized heads, where the walk by parent links reaches or joins our chain.
 * Empty when our execution layer does not have the local safe head, or the walk gets too long.
 * @throws NodeError of our execution layer.
 */
export async function heldBranch(
  l2: FollowL2Port,
  { status, heads }: Pick<ChainInput, 'status' | 'heads'>,
  signal: AbortSignal,
): Promise<BlocksByNumber> {
  const anchors = [heads.safe, heads.finalized].filter((head) => !isZeroRef(head));
  const found = new Map<bigint, L2BlockRef>();
  const { number: lowest } = isZeroRef(heads.finalized) ? heads.safe : heads.finalized;
  let block = await l2.l2BlockRefByHash(status.localSafe.hash, signal);
  for (let steps = 0; block !== null && steps < MAX_WALK; steps += 1) {
    const { number, hash, parentHash } = block;
    if (anchors.some((anchor) => anchor.number === number)) found.set(number, block);
    const isJoined = number <= heads.unsafe.number && (await isOurs(l2, number, hash, signal));
    if (isJoined) {
      // From here down the chains are one.
      const shared = anchors.filter((anchor) => anchor.number < number);
      for (const anchor of shared) found.set(anchor.number, anchor);
      return found;
    }
    if (number <= lowest) return found;
    block = await l2.l2BlockRefByHash(parentHash, signal);
  }
  return found;
}

async function isOurs(
  l2: FollowL2Port,
  number: bigint,
  hash: string,
  signal: AbortSignal,
): Promise<boolean> {
  return (await l2.l2BlockRefByNumber(number, signal))?.hash === hash;
}
