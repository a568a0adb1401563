import type { BlockId, Hash, L2BlockRef } from '../types/block.js';
import { isZeroRef, sameBlock, sameRef, ZERO_L1_REF } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type { FollowRefusal, FollowTarget } from '../types/followTarget.js';
import type { EngineState, FollowedHeads } from './engineState.js';

/** The block at that height on the chain that ends in the target's local safe head; null when it is not known. */
export type Ancestor = (number: bigint) => Promise<L2BlockRef | null>;

/** Where the target's local safe head lies relative to our execution layer's chain. */
export type TargetPosition =
  /** On our chain, at or below our unsafe head, which stays. */
  | 'belowUnsafe'
  /** It becomes the unsafe head. */
  | 'newHead';

export type FollowPlan =
  | {
      readonly kind: 'take';
      readonly heads: FollowedHeads;
      /** Our unsafe chain is left. */
      readonly isReorg: boolean;
      /** A safe head goes back or to another block. */
      readonly isSafeReplaced: boolean;
    }
  | FollowRefused;

export interface FollowRefused {
  readonly kind: 'refused';
  readonly cause: FollowRefusal;
  readonly reason: string;
}

export function refused(cause: FollowRefusal, reason: string): FollowRefused {
  return { kind: 'refused', cause, reason };
}

/**
 * What can be said against a target by its numbers alone: its refs out of order, or below or beside our proven
 * finalized block. Null when nothing.
 */
export function refuseByNumbers(target: FollowTarget, heads: EngineHeads): FollowRefused | null {
  const { localSafe, safe, finalized } = target;
  const isOrdered = precedes(safe, localSafe) && (finalized === null || precedes(finalized, safe));
  if (!isOrdered) return refused('not_one_chain', 'heads of the target are out of order');
  if (!heads.isFinalizedProven || isZeroRef(heads.finalized)) return null;
  const refs = finalized === null ? [localSafe, safe] : [localSafe, safe, finalized];
  if (refs.some((ref) => isBeside(ref, heads.finalized))) {
    return refused('finalized_conflict', 'another block at the height of our finalized head');
  }
  return safe.number < heads.finalized.number
    ? refused('safe_conflict', 'safe head is below our finalized head')
    : null;
}

/** Whether the numbers alone say that a safe head would go back or be replaced without leave. */
export function refuseReplacedByNumbers(
  target: FollowTarget,
  { heads, isSafeConfirmed }: EngineState,
): FollowRefused | null {
  if (target.mayReplaceSafe || !isSafeConfirmed) return null;
  const isReplaced =
    target.safe.number < heads.safe.number ||
    target.localSafe.number < heads.localSafe.number ||
    isBeside(target.safe, heads.safe) ||
    isBeside(target.localSafe, heads.localSafe);
  return isReplaced
    ? refused('safe_conflict', 'safe head is lower than ours or on another chain')
    : null;
}

/** Lower, or the very same block. */
function precedes(lower: BlockId, upper: BlockId): boolean {
  return lower.number < upper.number || sameBlock(lower, upper);
}

function isBeside(ref: BlockId, other: BlockId): boolean {
  return ref.number === other.number && !sameBlock(ref, other);
}

/**
 * Makes the heads of a target, once its ancestors can be looked up: all its refs must lie on the chain of its local
 * safe head and say of their blocks what those are, and our proven finalized block must lie there, too. Our safe head
 * may go back or be replaced only with leave.
 */
export async function planFollow(
  target: FollowTarget,
  state: EngineState,
  chain: {
    readonly ancestor: Ancestor;
    readonly position: TargetPosition;
    readonly genesisNumber: bigint;
  },
): Promise<FollowPlan> {
  const { heads } = state;
  const { ancestor, position } = chain;
  const isOnChain = async (ref: L2BlockRef): Promise<boolean> =>
    hasHash(await ancestor(ref.number), ref.hash);
  const wrong = await refuseRefs(target, ancestor);
  if (wrong !== null) return wrong;
  const isFinalizedHeld = !isZeroRef(heads.finalized) && (await isOnChain(heads.finalized));
  if (heads.isFinalizedProven && !isZeroRef(heads.finalized) && !isFinalizedHeld) {
    return refused('finalized_conflict', 'safe head does not descend from our finalized head');
  }
  const isSafeReplaced = await replacesSafe(target, heads, position, isOnChain);
  if (isSafeReplaced && !target.mayReplaceSafe && state.isSafeConfirmed) {
    return refused('safe_conflict', 'safe head is lower than ours or on another chain');
  }
  const finalized = await followedFinalized(target, heads, isFinalizedHeld, chain);
  if (finalized === null) {
    return refused('not_one_chain', 'genesis is not on the chain of the local safe head');
  }
  const isKept = position === 'belowUnsafe';
  return {
    kind: 'take',
    heads: {
      unsafe: isKept ? heads.unsafe : target.localSafe,
      localSafe: target.localSafe,
      safe: target.safe,
      ...finalized,
      // Not all L1 data before the old one is in safe heads that are lower, or others: a batcher would submit it again.
      currentL1: target.currentL1 ?? (isSafeReplaced ? ZERO_L1_REF : null),
    },
    isReorg: !isKept && !(await extendsUnsafe(target, heads, isOnChain)),
    isSafeReplaced,
  };
}

/** The first ref of the target that is not a block of its chain, or not what that block is; null when there is none. */
async function refuseRefs(target: FollowTarget, ancestor: Ancestor): Promise<FollowRefused | null> {
  const { localSafe, safe, finalized } = target;
  const named: readonly [string, L2BlockRef | null][] = [
    ['local safe head', localSafe],
    ['safe head', safe],
    ['finalized head', finalized],
  ];
  for (const [name, ref] of named) {
    const block = ref === null ? null : await ancestor(ref.number);
    if (ref === null || (block !== null && sameRef(block, ref))) continue;
    return hasHash(block, ref.hash)
      ? refused('contents', `${name} is described otherwise than its block`)
      : refused('not_one_chain', `${name} is not on the chain of the local safe head`);
  }
  return null;
}

function hasHash(ref: L2BlockRef | null, hash: Hash): boolean {
  return ref !== null && ref.hash === hash;
}

/** True when our safe or local safe head would go back or give way to another chain. */
async function replacesSafe(
  target: FollowTarget,
  heads: EngineHeads,
  position: TargetPosition,
  isOnChain: (ref: L2BlockRef) => Promise<boolean>,
): Promise<boolean> {
  if (target.safe.number < heads.safe.number) return true;
  if (target.localSafe.number < heads.localSafe.number) return true;
  if (position === 'belowUnsafe' || isZeroRef(heads.localSafe)) return false;
  return !(await isOnChain(heads.localSafe));
}

/** A target at or above our unsafe head that has it as ancestor leaves nothing of our chain. */
async function extendsUnsafe(
  target: FollowTarget,
  heads: EngineHeads,
  isOnChain: (ref: L2BlockRef) => Promise<boolean>,
): Promise<boolean> {
  if (isZeroRef(heads.unsafe)) return true;
  return target.localSafe.number >= heads.unsafe.number && (await isOnChain(heads.unsafe));
}

/**
 * The higher of theirs and ours, as long as ours lies on the chain and not above the safe head; an unproven one that
 * does not gives way. Null when not even genesis can be found.
 */
async function followedFinalized(
  target: FollowTarget,
  heads: EngineHeads,
  isHeld: boolean,
  chain: { readonly ancestor: Ancestor; readonly genesisNumber: bigint },
): Promise<{ readonly finalized: L2BlockRef; readonly isFinalizedProven: boolean } | null> {
  const isOursUsable = isHeld && heads.finalized.number <= target.safe.number;
  if (target.finalized !== null) {
    const isTheirs = !isOursUsable || target.finalized.number >= heads.finalized.number;
    if (isTheirs) return { finalized: target.finalized, isFinalizedProven: true };
  }
  if (isOursUsable) {
    return { finalized: heads.finalized, isFinalizedProven: heads.isFinalizedProven };
  }
  if (isZeroRef(heads.finalized)) {
    return { finalized: heads.finalized, isFinalizedProven: false };
  }
  const genesis = await chain.ancestor(chain.genesisNumber);
  return genesis === null ? null : { finalized: genesis, isFinalizedProven: true };
}
