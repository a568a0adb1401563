import type { ForkchoiceState, ForkchoiceUpdatedResult, PayloadStatus } from '../types/payload.js';
import { forkchoiceError, statusError } from './engineErrors.js';
import type { EngineState } from './engineState.js';
import { forkchoiceOf, sameForkchoice } from './engineState.js';
import type { EngineTaskContext } from './taskContext.js';

/**
 * One `engine_forkchoiceUpdated` without attributes. After a failure nobody knows what the execution layer holds: the
 * answer may be lost, and op-geth moves its head before it refuses the labels.
 * @throws NodeError reset on -38002, else temporary; see `forkchoiceError`.
 */
export async function sendForkchoice(
  ctx: EngineTaskContext,
  forkchoice: ForkchoiceState,
  what: string,
  signal: AbortSignal,
): Promise<PayloadStatus> {
  let result: ForkchoiceUpdatedResult;
  try {
    result = await ctx.engine.forkchoiceUpdated(forkchoice, null, signal);
  } catch (thrown) {
    ctx.store.forgetForkchoice();
    throw forkchoiceError(thrown, what);
  }
  return result.payloadStatus;
}

/**
 * Makes `next` the state once the execution layer has accepted its forkchoice; nothing is sent where it holds that
 * forkchoice already.
 * @returns `syncing` where the execution layer still works towards it: only in execution-layer mode.
 * @throws NodeError reset on -38002 or another status; temporary otherwise.
 * op-node tryUpdateEngineInternal.
 */
export async function applyForkchoice(
  ctx: EngineTaskContext,
  next: EngineState,
  signal: AbortSignal,
): Promise<'applied' | 'unchanged' | 'syncing'> {
  const forkchoice = forkchoiceOf(next.heads);
  if (sameForkchoice(next.lastForkchoice, forkchoice)) {
    ctx.store.commit(next);
    return 'unchanged';
  }
  const status = await sendForkchoice(ctx, forkchoice, 'failed to sync forkchoice', signal);
  const isSyncing = status.status === 'SYNCING' && ctx.options.syncMode === 'execution-layer';
  if (status.status !== 'VALID' && !isSyncing) {
    // A restarted execution client has lost what it held in memory: its real chain must be found again.
    throw statusError('reset', 'forkchoice update returned unexpected status', status);
  }
  ctx.store.commitForkchoice(next, forkchoice);
  return isSyncing ? 'syncing' : 'applied';
}

/**
 * Puts the execution layer back on the last forkchoice it accepted, after it refused another: a refused update may
 * have moved its head already. The reported heads have not moved.
 * @throws NodeError reset when it does not hold that forkchoice any more; temporary when it cannot be asked.
 */
export async function restoreForkchoice(
  ctx: EngineTaskContext,
  signal: AbortSignal,
): Promise<void> {
  const { state } = ctx.store;
  const last = state.lastForkchoice ?? forkchoiceOf(state.heads);
  ctx.store.forgetForkchoice();
  const status = await sendForkchoice(ctx, last, 'failed to restore the last forkchoice', signal);
  if (status.status !== 'VALID') {
    throw statusError('reset', 'the last good forkchoice cannot be restored', status);
  }
  ctx.store.commitForkchoice(ctx.store.state, last);
}
