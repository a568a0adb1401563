import type { BlocksByNumber, L2BlockRef } from '../../types/block.js';
import { isZeroRef, sameRef } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { FollowStatus, SafeLabel } from './followStatus.js';
import { SAFE_LABELS } from './followStatus.js';

/** Two different blocks of one height. */
export interface Divergence {
  readonly number: bigint;
  readonly ours: L2BlockRef;
  readonly theirs: L2BlockRef;
}

/** How a status stands to our heads and our chain. */
export type ChainVerdict =
  /** The hash of one of our blocks with other contents: such a block does not exist. */
  | { readonly kind: 'contradiction'; readonly label: SafeLabel; readonly ours: L2BlockRef }
  | { readonly kind: 'finalizedConflict'; readonly at: Divergence }
  | { readonly kind: 'conflict'; readonly at: Divergence }
  | { readonly kind: 'behind' }
  | {
      readonly kind: 'fits';
      /** Our chain, above our safe head, has another block at the local safe head's height. */
      readonly forksUnsafe: boolean;
      readonly isDescentShown: boolean;
      readonly isOnOurChain: boolean;
    };

export interface ChainInput {
  readonly status: FollowStatus;
  readonly heads: EngineHeads;
  /** Our blocks at the heights of `ourHeights`. */
  readonly ours: BlocksByNumber;
  /** The source's blocks at the heights of `theirNumbers`, as far as it says. */
  readonly theirs: BlocksByNumber;
}

/**
 * The blocks of the status at whose heights our chain must be looked at, one for each height. Heights above our unsafe
 * head are not: we have nothing there.
 */
export function ourHeights(status: FollowStatus, heads: EngineHeads): readonly L2BlockRef[] {
  const refs = SAFE_LABELS.map((label) => status[label]).filter(
    (ref) => !isZeroRef(ref) && ref.number <= heads.unsafe.number,
  );
  return [...new Map(refs.map((ref) => [ref.number, ref])).values()];
}

/**
 * Heights at which the source must be asked for its block, because the status alone does not show whether it descends
 * from our safe and our finalized head: it names nothing there, and our chain does not have what it names above.
 */
export function theirNumbers(input: Omit<ChainInput, 'theirs'>): readonly bigint[] {
  const { status, heads } = input;
  const numbers = [heads.safe, heads.finalized]
    .filter((head) => !isZeroRef(head) && descent(head, { ...input, theirs: new Map() }) === null)
    .map((head) => head.number)
    .filter((number) => number < status.localSafe.number);
  return [...new Set(numbers)];
}

/**
 * Judges a status of sound shape against our heads and chain; the heaviest finding wins. A finalized head of ours that
 * is not proven binds nobody. Heights at or below our safe head decide about conflicts: above it our chain is unsafe
 * and may fork. Differs: op-node compares only the local safe head's height and resets on what its engine refuses.
 */
export function judgeChain(input: ChainInput): ChainVerdict {
  const { status, heads } = input;
  const contradicted = contradiction(input);
  if (contradicted !== null) return contradicted;
  if (heads.isFinalizedProven) {
    const at = divergence(heads.finalized, input);
    if (at !== null) return { kind: 'finalizedConflict', at };
  }
  const at = divergence(heads.safe, input);
  if (at !== null) return { kind: 'conflict', at };
  const ourLocalSafe = input.ours.get(status.localSafe.number) ?? null;
  const isOnOurChain = ourLocalSafe?.hash === status.localSafe.hash;
  const forksUnsafe = ourLocalSafe !== null && !isOnOurChain;
  const isLocalSafeLower = status.localSafe.number < heads.localSafe.number && !forksUnsafe;
  if (status.safe.number < heads.safe.number || isLocalSafeLower) return { kind: 'behind' };
  const isDescentShown = isZeroRef(heads.safe) || descent(heads.safe, input) === true;
  return { kind: 'fits', forksUnsafe, isDescentShown, isOnOurChain };
}

function contradiction(input: ChainInput): ChainVerdict | null {
  for (const label of SAFE_LABELS) {
    const ref = input.status[label];
    const ours = input.ours.get(ref.number) ?? null;
    if (ours !== null && ours.hash === ref.hash && !sameRef(ours, ref)) {
      return { kind: 'contradiction', label, ours };
    }
  }
  return null;
}

/** The first height at or below the head at which the source has another block than we. */
function divergence(head: L2BlockRef, input: ChainInput): Divergence | null {
  if (isZeroRef(head)) return null;
  for (const ref of [...namedRefs(input.status), ...askedRefs(input.theirs)]) {
    if (ref.number > head.number) continue;
    const ours = ref.number === head.number ? head : (input.ours.get(ref.number) ?? null);
    if (ours !== null && ours.hash !== ref.hash) return { number: ref.number, ours, theirs: ref };
  }
  return null;
}

/** Whether the status' chain holds our head: true, false, or null when what we know does not tell. */
function descent(head: L2BlockRef, input: ChainInput): boolean | null {
  if (divergence(head, input) !== null) return false;
  for (const ref of [...namedRefs(input.status), ...askedRefs(input.theirs)]) {
    if (ref.number === head.number) return true;
    if (ref.number > head.number && input.ours.get(ref.number)?.hash === ref.hash) return true;
  }
  return null;
}

function namedRefs(status: FollowStatus): readonly L2BlockRef[] {
  return SAFE_LABELS.map((label) => status[label]).filter((ref) => !isZeroRef(ref));
}

function askedRefs(theirs: BlocksByNumber): readonly L2BlockRef[] {
  return [...theirs.values()].filter((ref): ref is L2BlockRef => ref !== null);
}
