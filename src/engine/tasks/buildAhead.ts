import type { ForkchoiceUpdatedResult, PayloadAttributes } from '../../types/payload.js';
import type { EngineState } from '../engineState.js';
import { forkchoiceOf } from '../engineState.js';
import type { EngineTaskContext } from '../taskContext.js';

/**
 * Starts the block that is expected next with the forkchoice update that makes its parent the head: one call of the engine
 * less a block. As `applyForkchoice`, it makes `next` the state where the execution layer finds its forkchoice valid.
 * @param attributes of a block on the unsafe head of `next`.
 * @returns false where that came to nothing, for whatever reason: the forkchoice alone then shows what is to be done.
 * @throws what a call throws that was stopped.
 * Differs: op-node sends the forkchoice once by itself and once with the attributes.
 */
export async function buildAhead(
  ctx: EngineTaskContext,
  next: EngineState,
  attributes: PayloadAttributes,
  signal: AbortSignal,
): Promise<boolean> {
  const forkchoice = forkchoiceOf(next.heads);
  const startedMs = ctx.clock.monotonicMs();
  let result: ForkchoiceUpdatedResult;
  try {
    result = await ctx.engine.forkchoiceUpdated(forkchoice, attributes, signal);
  } catch (thrown) {
    ctx.store.forgetForkchoice();
    if (signal.aborted) throw thrown;
    return false;
  }
  const { payloadStatus, payloadId: id } = result;
  if (payloadStatus.status !== 'VALID') return false;
  ctx.store.commitForkchoice(next, forkchoice);
  if (id === null) return true;
  const info = { id, timestamp: attributes.timestamp };
  ctx.aheadJob.keep(attributes, { info, parent: next.heads.unsafe, startedMs });
  return true;
}
