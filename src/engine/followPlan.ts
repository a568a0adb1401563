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
  /** The other block that the target's chain has at the height of our safe head, where that is why. */
  readonly theirs?: BlockId;
}

export function refused(cause: FollowRefusal, reason: string, theirs?: BlockId): FollowRefused {
  return { kind: 'refused', cause, reason, ...(theirs !== undefined && { theirs }) };
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

/**
 * Whether the numbers alone say that our safe head would go back or be replaced without leave. A local safe head above
 * it may give way to another chain that holds our safe head, which only the blocks show.
 */
export function refuseReplacedByNumbers(
  { mayReplaceSafe, safe }: FollowTarget,
  { heads, isSafeConfirmed }: EngineState,
): FollowRefused | null {
  if (mayReplaceSafe || !isSafeConfirmed) return null;
  if (safe.number < heads.safe.number) return safeConflict();
  return isBeside(safe, heads.safe) ? safeConflict(safe) : null;
}

function safeConflict(theirs?: BlockId): FollowRefused {
  return refused('safe_conflict', 'safe head is lower than ours or on another chain', theirs);
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
  const replaced = await replacedSafe(target, heads, chain);
  const needsLeave = replaced?.needsLeave && state.isSafeConfirmed;
  if (needsLeave && !target.mayReplaceSafe) return safeConflict(replaced.theirs);
  const isSafeReplaced = replaced !== null;
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

/** That our safe or local safe head would go back or give way to another chain. */
interface Replaced {
  /** False where only a local safe head above our safe one gives way to a chain that holds our safe head. */
  readonly needsLeave: boolean;
  /** The target's block in place of our safe head. */
  readonly theirs?: BlockId;
}

/** Null when neither head is replaced. */
async function replacedSafe(
  { safe, localSafe }: FollowTarget,
  heads: EngineHeads,
  { ancestor, position }: { readonly ancestor: Ancestor; readonly position: TargetPosition },
): Promise<Replaced | null> {
  const atOurs = isZeroRef(heads.safe) ? null : await ancestor(heads.safe.number);
  if (atOurs !== null && !sameBlock(atOurs, heads.safe))
    return { needsLeave: true, theirs: atOurs };
  const isSafeHeld = atOurs !== null || isZeroRef(heads.safe);
  if (!isSafeHeld || safe.number < heads.safe.number) return { needsLeave: true };
  if (isZeroRef(heads.localSafe)) return null;
  const isLocalSafeHeld = hasHash(await ancestor(heads.localSafe.number), heads.localSafe.hash);
  if (position === 'newHead' && !isLocalSafeHeld) return { needsLeave: false };
  return localSafe.number < heads.localSafe.number ? { needsLeave: true } : null;
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
