import { NodeError } from '../../errors/nodeError.js';
import type { BlockId, Hash, L2BlockRef } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import { HEADER_WINDOW } from './blockReader.js';

/**
 * Hashes kept of one walk: a week of two-second blocks, some 30 MB. A longer gap is walked again from the top once
 * the lowest part is in.
 */
const MAX_KEPT = 302_400;

/** Below our unsafe head a fork is short, so few headers are read ahead there. */
const FORK_WINDOW = 16;

/** A header as far as links go; the hash is proven to be that of its fields. */
export interface Link {
  readonly hash: Hash;
  readonly number: bigint;
  readonly parentHash: Hash;
}

export interface LinkDeps {
  /** Proven links of these heights, in the order asked for. @throws NodeError, temporary. */
  readonly links: (numbers: readonly bigint[]) => Promise<readonly Link[]>;
  /** Our block of a height at or below our unsafe head. */
  readonly ours: (number: bigint) => Promise<L2BlockRef | null>;
}

/** Blocks that lead from our chain towards a target. */
export interface LinkedRange {
  /** The highest block that our chain and the target's have in common. */
  readonly join: BlockId;
  /** Hashes of the blocks above `join`, lowest first; up to the target unless `isComplete` is false. */
  readonly hashes: readonly Hash[];
  readonly isComplete: boolean;
}

/**
 * Walks parent links down from the target to a block of our chain. Only what is reached so belongs to exactly that
 * target, whatever the block source says of other heights.
 * @throws NodeError FOLLOW_BLOCKS_UNLINKED (temporary) when the source has another block somewhere on the way, or the
 * walk passes our finalized head.
 */
export async function linkToOurChain(
  target: BlockId,
  heads: EngineHeads,
  deps: LinkDeps,
): Promise<LinkedRange> {
  const down: Hash[] = [];
  let dropped = 0;
  let wanted: BlockId = target;
  let ahead: readonly Link[] = [];
  for (;;) {
    if (await isOurs(wanted, heads, deps)) {
      return { join: wanted, hashes: down.reverse(), isComplete: dropped === 0 };
    }
    if (wanted.number <= heads.finalized.number)
      throw unlinked('passes our finalized head', wanted);
    if (ahead.length === 0) ahead = await deps.links(numbersBelow(wanted.number, heads));
    const [link, ...rest] = ahead;
    if (link?.hash !== wanted.hash) throw unlinked('block source has another block', wanted);
    down.push(link.hash);
    if (down.length >= 2 * MAX_KEPT) dropped += down.splice(0, MAX_KEPT).length;
    wanted = { hash: link.parentHash, number: link.number - 1n };
    ahead = rest;
  }
}

async function isOurs(block: BlockId, heads: EngineHeads, deps: LinkDeps): Promise<boolean> {
  if (block.number > heads.unsafe.number) return false;
  if (block.number === heads.unsafe.number) return block.hash === heads.unsafe.hash;
  return (await deps.ours(block.number))?.hash === block.hash;
}

/** Heights from `top` down, at most one window, not past the height where the chains should meet. */
function numbersBelow(top: bigint, heads: EngineHeads): readonly bigint[] {
  const isAbove = top > heads.unsafe.number;
  const floor = (isAbove ? heads.unsafe.number : heads.finalized.number) + 1n;
  const size = isAbove ? HEADER_WINDOW : FORK_WINDOW;
  const numbers: bigint[] = [];
  for (let n = top; n >= floor && numbers.length < size; n -= 1n) numbers.push(n);
  return numbers;
}

function unlinked(problem: string, at: BlockId): NodeError {
  return new NodeError('FOLLOW_BLOCKS_UNLINKED', `blocks towards the follow target: ${problem}`, {
    severity: 'temporary',
    fields: { number: at.number, hash: at.hash },
  });
}
