import { hasCode, NodeError } from '../errors/nodeError.js';
import type { L2BlockRef } from '../types/block.js';
import { isZeroRef, sameBlock, ZERO_L2_REF } from '../types/block.js';
import { isInitialElSyncing } from '../types/engineHeads.js';
import { skipFinalized } from './elSync.js';
import { QUIET_MS } from './elSyncOffer.js';
import type { EngineState, FoundHeads, StartHeads } from './engineState.js';
import { forkchoiceOf, initialState, resetHeads } from './engineState.js';
import { idText } from './engineStore.js';
import {
  currentHeads,
  findForkchoice,
  fromTip,
  isRewound,
  isSyncedWithoutFinality,
} from './findForkchoice.js';
import { applyForkchoice, sendForkchoice } from './forkchoice.js';
import { isHeld } from './isHeld.js';
import { restoreLostHead } from './lostHead.js';
import type { EngineTaskContext } from './taskContext.js';

/** The state before the engine has been asked. */
export function startState(options: EngineTaskContext['options']): EngineState {
  return initialState({
    isFollowing: options.followEnabled,
    elSync: options.syncMode === 'execution-layer' ? 'willStart' : 'none',
  });
}

/**
 * Loads the first heads from the execution layer, so that the status says something from the start.
 * In execution-layer mode the labels alone are taken, those it lacks stay unknown, and no update is sent: the
 * execution layer may be about to sync. With `startFrom: l1Walk` the found forkchoice is sent, as op-node does.
 * Differs: whether the execution layer's own sync can be skipped is also decided here and not only at the first
 * payload, so that a restarted node need not wait for gossip.
 */
export async function initializeEngine(ctx: EngineTaskContext, signal: AbortSignal): Promise<void> {
  const { store } = ctx;
  if (store.heads.elSync === 'willStart') {
    const isSyncOpen = await loadLabels(ctx, signal);
    if (isSyncOpen && !ctx.options.followEnabled) logSyncOpen(ctx);
    if (isSyncOpen || ctx.options.startFrom === 'labels') return;
  }
  if (ctx.options.startFrom === 'labels') {
    const found = await labelsAsHeads(ctx, signal);
    store.commit(resetHeads(store.state, found));
    logLoaded(ctx);
    return;
  }
  await resetEngine(ctx, signal);
}

/** @returns true while the execution layer's own sync may still start. */
async function loadLabels(ctx: EngineTaskContext, signal: AbortSignal): Promise<boolean> {
  const { l2, store } = ctx;
  const finalized = await l2.l2BlockRefByLabel('finalized', signal);
  const safe = (await l2.l2BlockRefByLabel('safe', signal)) ?? finalized;
  const unsafe = await l2.l2BlockRefByLabel('latest', signal);
  if (unsafe === null) {
    throw new NodeError('ENGINE_NOT_READY', 'failed to load local-unsafe head', {
      severity: 'temporary',
    });
  }
  const heads: StartHeads = {
    unsafe,
    safe: lowerOf(safe ?? ZERO_L2_REF, unsafe),
    finalized: lowerOf(finalized ?? ZERO_L2_REF, unsafe),
    isFinalizedProven: finalized !== null && finalized.number <= unsafe.number,
  };
  store.commit(resetHeads(store.state, heads));
  const isSkipped = skipFinalized(ctx, finalized);
  logLoaded(ctx);
  return !isSkipped;
}

function logSyncOpen({ log, options }: EngineTaskContext): void {
  log.info('The execution layer may be about to sync by itself: nothing is derived before that', {
    waitsFor: `an unsafe payload, or ${QUIET_MS / 1000} s without one`,
    engineKind: options.engineKind,
  });
}

function lowerOf(ref: L2BlockRef, limit: L2BlockRef): L2BlockRef {
  return ref.number > limit.number ? limit : ref;
}

function logLoaded(ctx: EngineTaskContext): void {
  const { unsafe, safe, finalized } = ctx.store.heads;
  ctx.log.info('Loaded current L2 heads', {
    unsafe: idText(unsafe),
    safe: idText(safe),
    finalized: idText(finalized),
    unsafe_origin: idText(unsafe.l1Origin),
    safe_origin: idText(safe.l1Origin),
  });
}

/** The labels, or what can be made of the tip where they cannot be right. */
async function labelsAsHeads(ctx: EngineTaskContext, signal: AbortSignal): Promise<StartHeads> {
  const { options, l2 } = ctx;
  const labels = await currentHeads(options.rollup, l2, signal);
  if (isRewound(labels) || isSyncedWithoutFinality(options.rollup, labels)) {
    ctx.log.warn('Attempting recovery: the labels of the execution layer do not fit its head', {
      unsafe: idText(labels.unsafe),
      safe: idText(labels.safe),
      finalized: idText(labels.finalized),
    });
    return fromTip(options, { l2 }, labels.unsafe, signal);
  }
  return { ...labels, isFinalizedProven: true };
}

/**
 * Drops our view and takes the forkchoice that the execution layer can really hold, then tells it.
 * While following, our own heads are kept where the execution layer still takes them, else as far as it has them: its
 * labels alone would lower the safe head after each of its restarts. Where we derive or sequence, the forkchoice is found
 * by the walk over L1 origins.
 * @throws NodeError ENGINE_FINALIZED_CONFLICT when its chain has another block at our proven finalized height;
 * temporary otherwise. op-node onResetEngineRequest, forceReset.
 */
export async function resetEngine(ctx: EngineTaskContext, signal: AbortSignal): Promise<void> {
  const { options, l1, l2, clock, log, store } = ctx;
  if (isInitialElSyncing(store.heads)) {
    // Another head would take the execution layer away from its sync target.
    log.warn('Reset put off: the execution layer is doing its initial sync');
    return;
  }
  const isWalk = options.startFrom === 'l1Walk' && l1 !== null;
  await restoreLostHead(ctx, { mayWaitForPeers: isWalk }, signal);
  if (!isWalk && (await reassertHeads(ctx, signal))) return;
  const start = isWalk
    ? await findForkchoice(options, { l1, l2, clock, log }, signal)
    : await labelsAsHeads(ctx, signal);
  const found = options.followEnabled ? await keepHeld(ctx, start, signal) : start;
  await checkProvenFinalized(ctx, found, signal);
  const next = resetHeads(store.state, found);
  await applyForkchoice(ctx, next, signal);
  await ctx.records.reset(next.heads.safe, signal);
  const { heads } = store;
  log.info('Reset of Engine is completed', {
    local_unsafe: idText(heads.unsafe),
    cross_unsafe: idText(heads.crossUnsafe),
    local_safe: idText(heads.localSafe),
    cross_safe: idText(heads.safe),
    finalized: idText(heads.finalized),
  });
}

/** Our own heads are sent once more. @returns false where the execution layer does not hold them any more. */
async function reassertHeads(ctx: EngineTaskContext, signal: AbortSignal): Promise<boolean> {
  const { state } = ctx.store;
  if (isZeroRef(state.heads.unsafe)) return false;
  const forkchoice = forkchoiceOf(state.heads);
  try {
    const status = await sendForkchoice(ctx, forkchoice, 'failed to repeat our heads', signal);
    // One that cannot show its head either has lost more than it says.
    if (status.status !== 'VALID' || !(await isHeld(ctx.l2, state.heads.unsafe, signal)))
      return false;
  } catch (thrown) {
    if (hasCode(thrown, 'ENGINE_FORKCHOICE_INCONSISTENT')) return false;
    throw thrown;
  }
  const heads = { ...state.heads, resetEpoch: state.heads.resetEpoch + 1 };
  ctx.store.commitForkchoice({ ...state, heads }, forkchoice);
  return true;
}

/**
 * Raises what was found to our own heads, which the followed source has confirmed, where the execution layer still has
 * them on its chain below the found unsafe head.
 */
async function keepHeld(
  ctx: EngineTaskContext,
  found: StartHeads,
  signal: AbortSignal,
): Promise<StartHeads> {
  const { heads } = ctx.store;
  const isKept = async (ours: L2BlockRef, theirs: L2BlockRef): Promise<boolean> =>
    ours.number > theirs.number &&
    ours.number <= found.unsafe.number &&
    (await isHeld(ctx.l2, ours, signal));
  const safe = (await isKept(heads.safe, found.safe)) ? heads.safe : found.safe;
  return (await isKept(heads.finalized, found.finalized))
    ? { ...found, safe, finalized: heads.finalized, isFinalizedProven: heads.isFinalizedProven }
    : { ...found, safe };
}

async function checkProvenFinalized(
  ctx: EngineTaskContext,
  found: FoundHeads,
  signal: AbortSignal,
): Promise<void> {
  const { finalized, isFinalizedProven } = ctx.store.heads;
  if (isZeroRef(finalized) || !isFinalizedProven || finalized.number > found.unsafe.number) return;
  if (sameBlock(finalized, found.finalized)) return;
  if (await isHeld(ctx.l2, finalized, signal)) return;
  throw new NodeError(
    'ENGINE_FINALIZED_CONFLICT',
    'the execution layer holds another chain than the one that we finalized',
    { severity: 'temporary', fields: { finalized: idText(finalized) } },
  );
}
