import type { L1BlockRef } from '../../types/block.js';
import { blockId, isZeroRef, sameBlock } from '../../types/block.js';
import type { FollowStatus } from '../rules/followStatus.js';
import type { Staleness } from '../rules/staleRule.js';

/**
 * L1 time that a source may be behind our own L1. L1 is looked at each slot by default, endpoints differ by a block or
 * two, and a status is as old as the poll that read it: under a minute in all, and this is twice that.
 */
const L1_BEHIND_SEC = 120n;
/** A block or two are no lag, however slow the L1. */
const L1_BEHIND_BLOCKS = 3n;
/** Nothing in a status changes for so long: a node that is alive has a new L1 head each slot. */
const STANDING_MS = 120_000;
/**
 * L1 time that current_l1 may stand while the source's own L1 head moves on. An L1 block without batches moves it as well
 * as one with, and takes seconds at most; a node that starts over walks it back, so that it moves, too.
 */
const DERIVATION_STANDS_SEC = 600n;

/** What a status is held against. */
export interface SeenWith {
  /** The newest block of our own L1, all-zero before it is known; null without an L1. */
  readonly l1Head: L1BlockRef | null;
  /** Monotonic. */
  readonly nowMs: number;
}

/**
 * Tells whether the statuses of one source are of now: of a source whose L1 stands, whose derivation stands, or that
 * hides behind a cache which keeps an old answer, they are not. That no batches come for long is no sign of it.
 */
export class SourceFreshness {
  private standing: { readonly heads: string; readonly seen: SeenWith } | null = null;
  private derived: { readonly currentL1: L1BlockRef; readonly headL1: L1BlockRef } | null = null;

  /** Takes each status that was read, in order. @returns null for a fresh one. */
  note(status: FollowStatus, seen: SeenWith): Staleness | null {
    const standing = this.noteStanding(status, seen);
    const derivation = this.noteDerivation(status);
    return l1Behind(status, seen.l1Head) ?? derivation ?? standing;
  }

  private noteStanding(status: FollowStatus, seen: SeenWith): Staleness | null {
    const { headL1, currentL1, unsafe, localSafe, safe, finalized } = status;
    const heads = [headL1, currentL1, unsafe, localSafe, safe, finalized]
      .map((ref) => ref?.hash)
      .join();
    // Before our L1 is known there is nothing to tell by that it has moved on.
    const { standing } = this;
    const isSame = standing?.heads === heads && !isUnknown(standing.seen.l1Head);
    const since = isSame ? standing.seen : seen;
    this.standing = { heads, seen: since };
    const standsMs = seen.nowMs - since.nowMs;
    if (standsMs <= STANDING_MS || !hasMoved(since.l1Head, seen.l1Head)) return null;
    const fields = { standsMs: Math.round(standsMs) };
    return { reason: 'nothing in the status has changed while L1 moved on', fields };
  }

  private noteDerivation({ currentL1, headL1 }: FollowStatus): Staleness | null {
    if (currentL1 === null || headL1 === null) {
      this.derived = null;
      return null;
    }
    const { derived } = this;
    if (derived === null || !sameBlock(derived.currentL1, currentL1)) {
      this.derived = { currentL1, headL1 };
      return null;
    }
    if (!isAhead(headL1, derived.headL1, DERIVATION_STANDS_SEC)) return null;
    const fields = { currentL1: blockId(currentL1), sourceL1: blockId(headL1) };
    return { reason: 'current_l1 of the source stands while its L1 moves on', fields };
  }
}

function l1Behind({ headL1 }: FollowStatus, l1Head: L1BlockRef | null): Staleness | null {
  if (headL1 === null || l1Head === null || !isAhead(l1Head, headL1, L1_BEHIND_SEC)) return null;
  const fields = { sourceL1: blockId(headL1), ourL1: blockId(l1Head) };
  return { reason: 'the L1 head of the source is far behind ours', fields };
}

/** Without an L1 of our own time alone counts. */
function hasMoved(before: L1BlockRef | null, now: L1BlockRef | null): boolean {
  if (before === null || now === null) return true;
  return now.number >= before.number + L1_BEHIND_BLOCKS;
}

function isUnknown(l1Head: L1BlockRef | null): boolean {
  return l1Head !== null && isZeroRef(l1Head);
}

function isAhead(block: L1BlockRef, of: L1BlockRef, seconds: bigint): boolean {
  return block.timestamp > of.timestamp + seconds && block.number >= of.number + L1_BEHIND_BLOCKS;
}
