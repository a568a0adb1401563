import { applyForkchoice } from '../forkchoice.js';
import type { EngineTaskContext } from '../taskContext.js';

/**
 * Tells the execution layer our heads where it does not hold them yet. Consolidation moves the safe heads without
 * telling; this is sent once per L1 block or when derivation is idle. op-node tryUpdateEngine.
 */
export function synchronize(
  ctx: EngineTaskContext,
  signal: AbortSignal,
): Promise<'applied' | 'unchanged' | 'syncing'> {
  return applyForkchoice(ctx, ctx.store.state, signal);
}
