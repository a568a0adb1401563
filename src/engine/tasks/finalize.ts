import type { L2BlockRef } from '../../types/block.js';
import { sameBlock } from '../../types/block.js';
import { finalizeVerdict, moveFinalized } from '../engineState.js';
import { idText } from '../engineStore.js';
import { applyForkchoice } from '../forkchoice.js';
import type { EngineTaskContext } from '../taskContext.js';

export type FinalizeResult =
  | { readonly kind: 'finalized' }
  | { readonly kind: 'unchanged' }
  /** Below the finalized head, or not safe yet: nothing moved. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Moves the finalized head forward to a safe block. op-node promoteFinalized. */
export async function finalize(
  ctx: EngineTaskContext,
  ref: L2BlockRef,
  signal: AbortSignal,
): Promise<FinalizeResult> {
  const { state } = ctx.store;
  const { finalized, safe } = state.heads;
  switch (finalizeVerdict(state, ref)) {
    case 'behind':
      ctx.log.error('Cannot rewind finality', {
        ref: idText(ref),
        finalized: idText(finalized),
      });
      return { kind: 'refused', reason: 'below the finalized head' };
    case 'notSafe':
      ctx.log.error('Block must be safe before it can be finalized', {
        ref: idText(ref),
        safe: idText(safe),
      });
      return { kind: 'refused', reason: 'above the safe head' };
    case 'ok': {
      const isNew = !sameBlock(ref, finalized);
      await applyForkchoice(ctx, moveFinalized(state, ref), signal);
      return { kind: isNew ? 'finalized' : 'unchanged' };
    }
  }
}
