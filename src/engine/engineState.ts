import { NodeError } from '../errors/nodeError.js';
import type { L1BlockRef, L2BlockRef } from '../types/block.js';
import { isZeroRef, sameBlock, ZERO_HASH, ZERO_L1_REF, ZERO_L2_REF } from '../types/block.js';
import type { ElSyncPhase, EngineHeads } from '../types/engineHeads.js';
import { isInitialElSyncing, UNKNOWN_HEADS } from '../types/engineHeads.js';
import type { ForkchoiceState } from '../types/payload.js';

/**
 * The heads and the legal moves between them, pure: each move takes a state and returns a new one or throws.
 * Kept by every move: finalized <= safe <= local safe <= unsafe by number, and a proven finalized head never goes
 * back while the execution layer still holds it. op-node `rollup/engine/engine_controller.go`.
 */
export interface EngineState {
  readonly heads: EngineHeads;
  /** While following there is no pending safe head: it stays all-zero, as op-node reports it. */
  readonly isFollowing: boolean;
  /** The unsafe head that a derived block replaced, to go back to when its span batch turns out invalid; or all-zero. */
  readonly backupUnsafe: L2BlockRef;
  /** The execution layer is to be asked once to go back to `backupUnsafe`. */
  readonly isBackupDue: boolean;
  /** What the execution layer accepted last; null when that is not known. */
  readonly lastForkchoice: ForkchoiceState | null;
  /** When the execution layer was last sent after missing unsafe blocks, in monotonic milliseconds; null before. */
  readonly sentAwayMs: number | null;
  /** When the first sync of the execution layer was started, in monotonic milliseconds; null before. */
  readonly elSyncStartMs: number | null;
  /** False until a checked source has confirmed or moved the safe head that the execution layer had at start. */
  readonly isSafeConfirmed: boolean;
}

export interface FoundHeads {
  readonly unsafe: L2BlockRef;
  readonly safe: L2BlockRef;
  readonly finalized: L2BlockRef;
}

/** Heads found in the execution layer. */
export interface StartHeads extends FoundHeads {
  /** False where finalized was made up from the tip and not read from the execution layer's label. */
  readonly isFinalizedProven: boolean;
}

/** A follow target as it will be reported: all its refs lie on one chain. */
export interface FollowedHeads extends FoundHeads {
  readonly localSafe: L2BlockRef;
  readonly isFinalizedProven: boolean;
  /** Null leaves the old one. */
  readonly currentL1: L1BlockRef | null;
}

export function initialState(options: {
  readonly isFollowing: boolean;
  readonly elSync: ElSyncPhase;
}): EngineState {
  return {
    heads: { ...UNKNOWN_HEADS, elSync: options.elSync },
    isFollowing: options.isFollowing,
    backupUnsafe: ZERO_L2_REF,
    isBackupDue: false,
    lastForkchoice: null,
    sentAwayMs: null,
    elSyncStartMs: null,
    isSafeConfirmed: false,
  };
}

/** The forkchoice that says these heads; finalized is the zero hash while the execution layer does its first sync. */
export function forkchoiceOf(heads: EngineHeads): ForkchoiceState {
  return {
    headBlockHash: heads.unsafe.hash,
    safeBlockHash: heads.safe.hash,
    finalizedBlockHash: isInitialElSyncing(heads) ? ZERO_HASH : heads.finalized.hash,
  };
}

export function sameForkchoice(a: ForkchoiceState | null, b: ForkchoiceState): boolean {
  return (
    a !== null &&
    a.headBlockHash === b.headBlockHash &&
    a.safeBlockHash === b.safeBlockHash &&
    a.finalizedBlockHash === b.finalizedBlockHash
  );
}

/** Longer than an execution layer needs for the blocks of a gap in gossip. */
const SENT_AWAY_MS = 600_000;

/**
 * The execution layer was sent after the blocks below that unsafe one: it may come to another chain than ours any time.
 * In execution-layer mode the block is `sought` from now on.
 */
export function sendAway(state: EngineState, ref: L2BlockRef, nowMs: number): EngineState {
  const isSought = state.heads.elSync !== 'none';
  const heads = isSought ? { ...state.heads, sought: ref } : state.heads;
  return { ...state, heads, sentAwayMs: nowMs, lastForkchoice: null };
}

/** What was sought is not to be had. */
export function giveUpSought(state: EngineState): EngineState {
  return { ...state, heads: { ...state.heads, sought: ZERO_L2_REF } };
}

export function isSentAway({ sentAwayMs }: EngineState, nowMs: number): boolean {
  return sentAwayMs !== null && nowMs - sentAwayMs < SENT_AWAY_MS;
}

/** True when `next` is a step forward: higher, or another block at the same height is not. */
export function advances(current: L2BlockRef, next: L2BlockRef): boolean {
  return isZeroRef(current) ? !isZeroRef(next) : next.number > current.number;
}

/** @throws NodeError ENGINE_HEADS_INVALID, critical, when the order of the heads is broken: only a bug can do that. */
function checked(state: EngineState): EngineState {
  const { unsafe, pendingSafe, localSafe, safe, finalized } = state.heads;
  const isOrdered =
    finalized.number <= safe.number &&
    safe.number <= localSafe.number &&
    localSafe.number <= unsafe.number &&
    (isZeroRef(pendingSafe) || pendingSafe.number >= localSafe.number) &&
    pendingSafe.number <= unsafe.number;
  if (isOrdered) return state;
  throw new NodeError('ENGINE_HEADS_INVALID', 'heads would be out of order', {
    severity: 'critical',
    fields: { unsafe, pendingSafe, localSafe, safe, finalized },
  });
}

function withHeads(state: EngineState, heads: Partial<EngineHeads>): EngineState {
  const { sought } = state.heads;
  const isReached = heads.unsafe !== undefined && heads.unsafe.number >= sought.number;
  const reached = isReached ? { sought: ZERO_L2_REF } : {};
  return checked({ ...state, heads: { ...state.heads, ...heads, ...reached } });
}

/** The unsafe head, forward or to another branch above the safe head. Cross-unsafe goes with it where `isCross`. */
export function moveUnsafe(state: EngineState, ref: L2BlockRef, isCross: boolean): EngineState {
  return withHeads(state, {
    unsafe: ref,
    crossUnsafe: isCross ? ref : lowerCross(state.heads.crossUnsafe, ref),
  });
}

/** Cross-unsafe may not stand above the unsafe head. */
function lowerCross(crossUnsafe: L2BlockRef, unsafe: L2BlockRef): L2BlockRef {
  return crossUnsafe.number > unsafe.number ? unsafe : crossUnsafe;
}

/**
 * A block derived from L1, already the unsafe head or below it: pending safe moves forward to it, and the safe heads
 * too when it is the last of its batch. Lower or equal refs change nothing: only a reset goes back.
 */
export function moveDerived(
  state: EngineState,
  ref: L2BlockRef,
  isConcluding: boolean,
): EngineState {
  const { pendingSafe, localSafe, crossUnsafe } = state.heads;
  const pending = ref.number > pendingSafe.number ? { pendingSafe: ref } : {};
  if (!isConcluding || !advances(localSafe, ref)) return withHeads(state, pending);
  return withHeads(
    { ...state, isSafeConfirmed: true },
    {
      ...pending,
      localSafe: ref,
      safe: ref,
      crossUnsafe: ref.number > crossUnsafe.number ? ref : crossUnsafe,
    },
  );
}

/**
 * A derived block that replaces the unsafe chain from its height up. The old unsafe head is kept as backup where it
 * would be lost. op-node tryUpdateUnsafe.
 */
export function replaceUnsafe(state: EngineState, ref: L2BlockRef): EngineState {
  const { unsafe, pendingSafe, localSafe } = state.heads;
  const isReplaced = unsafe.number >= ref.number && !sameBlock(unsafe, ref);
  const moved = withHeads(state, {
    unsafe: ref,
    crossUnsafe: ref,
    // A pending safe head above the new block is of the chain that is gone.
    pendingSafe: pendingSafe.number > ref.number ? localSafe : pendingSafe,
  });
  return isReplaced ? { ...moved, backupUnsafe: unsafe, isBackupDue: false } : moved;
}

/** A refused derived block: pending safe falls back to safe, and the backup unsafe head is due, where there is one. */
export function dropPendingSafe(state: EngineState): EngineState {
  const moved = state.isFollowing ? state : withHeads(state, { pendingSafe: state.heads.safe });
  return { ...moved, isBackupDue: !isZeroRef(state.backupUnsafe) };
}

/** The execution layer went back to the backup unsafe head. */
export function restoreBackup(state: EngineState): EngineState {
  return clearBackup(moveUnsafe(state, state.backupUnsafe, true));
}

export function clearBackup(state: EngineState): EngineState {
  return { ...state, backupUnsafe: ZERO_L2_REF, isBackupDue: false };
}

/** Whether `ref` may become the finalized head: not below or beside the one there is, not above the safe head. */
export function finalizeVerdict(state: EngineState, ref: L2BlockRef): 'ok' | 'behind' | 'notSafe' {
  const { finalized } = state.heads;
  const isForward = ref.number > finalized.number || sameBlock(ref, finalized);
  if (!isForward && !isZeroRef(finalized)) return 'behind';
  return ref.number > state.heads.safe.number ? 'notSafe' : 'ok';
}

/** Call it only where `finalizeVerdict` says ok. */
export function moveFinalized(state: EngineState, ref: L2BlockRef): EngineState {
  return withHeads(state, { finalized: ref, isFinalizedProven: true });
}

/** @param nowMs monotonic. */
export function startElSync(state: EngineState, nowMs: number): EngineState {
  return withHeads({ ...state, elSyncStartMs: nowMs }, { elSync: 'started' });
}

/** The execution layer already has a finalized block: it needs no first sync. */
export function skipElSync(state: EngineState): EngineState {
  return withHeads(state, { elSync: 'finished' });
}

/** Safe and finalized at the end of the execution layer's first sync. */
export type ElSyncEnd = Pick<EngineHeads, 'safe' | 'finalized'>;

/**
 * The end of the execution layer's first sync: the unsafe head is its tip. A finalized head that moved here is unproven.
 */
export function endElSync(
  state: EngineState,
  tip: L2BlockRef,
  { safe, finalized }: ElSyncEnd,
): EngineState {
  const { heads } = state;
  return withHeads(state, {
    unsafe: tip,
    crossUnsafe: tip,
    localSafe: safe,
    safe,
    finalized,
    isFinalizedProven: sameBlock(finalized, heads.finalized) && heads.isFinalizedProven,
    pendingSafe: state.isFollowing ? ZERO_L2_REF : safe,
    elSync: 'finished',
  });
}

/**
 * The heads of a checked status of the followed source.
 * @throws NodeError ENGINE_HEADS_INVALID when it would lower or replace a proven finalized head.
 */
export function applyFollowed(
  state: EngineState,
  next: FollowedHeads,
  isCross: boolean,
): EngineState {
  const { heads } = state;
  const isKept =
    next.finalized.number > heads.finalized.number || sameBlock(next.finalized, heads.finalized);
  if (heads.isFinalizedProven && !isKept) {
    throw new NodeError('ENGINE_HEADS_INVALID', 'proven finalized head would be lost', {
      severity: 'critical',
      fields: { finalized: heads.finalized, next: next.finalized },
    });
  }
  const below = lowerCross(heads.crossUnsafe, next.unsafe);
  const raised = below.number < next.safe.number ? next.safe : below;
  return withHeads(
    { ...state, isSafeConfirmed: true },
    {
      unsafe: next.unsafe,
      crossUnsafe: isCross ? next.unsafe : raised,
      localSafe: next.localSafe,
      safe: next.safe,
      finalized: next.finalized,
      isFinalizedProven: next.isFinalizedProven,
      currentL1: next.currentL1 ?? heads.currentL1,
    },
  );
}

/**
 * Which L1 block a follower reports after its safe heads moved without a status that says so: all L1 data before it is in
 * the safe heads, and a batcher would submit again what is missing in lower or other ones.
 */
export function currentL1Beside(
  { currentL1 }: Pick<EngineHeads, 'currentL1'>,
  isSafeReplaced: boolean,
): L1BlockRef {
  return isSafeReplaced ? ZERO_L1_REF : currentL1;
}

/**
 * A reset to the heads found in the execution layer. A proven finalized head is kept, and safe with it, unless the
 * execution layer has lost its block (its head is below it): then finality goes back to what is left.
 * The caller has checked that the execution layer's chain holds our proven finalized block where it is that high.
 */
export function resetHeads(state: EngineState, found: StartHeads): EngineState {
  const { heads } = state;
  const isHeld = heads.isFinalizedProven && found.unsafe.number >= heads.finalized.number;
  const finalized =
    isHeld && found.finalized.number < heads.finalized.number ? heads.finalized : found.finalized;
  const safe = found.safe.number < finalized.number ? finalized : found.safe;
  return checked({
    ...state,
    heads: {
      unsafe: found.unsafe,
      crossUnsafe: found.unsafe,
      localSafe: safe,
      pendingSafe: state.isFollowing ? ZERO_L2_REF : safe,
      safe,
      finalized,
      currentL1: state.isFollowing
        ? currentL1Beside(heads, safe.number < heads.localSafe.number)
        : ZERO_L1_REF,
      elSync: heads.elSync,
      sought: ZERO_L2_REF,
      isFinalizedProven: sameBlock(finalized, heads.finalized)
        ? heads.isFinalizedProven
        : found.isFinalizedProven,
      movingTo: heads.movingTo,
      resetEpoch: heads.resetEpoch + 1,
    },
    backupUnsafe: ZERO_L2_REF,
    isBackupDue: false,
    lastForkchoice: null,
  });
}
