import type { L2BlockRef } from '../../types/block.js';
import { ZERO_HASH } from '../../types/block.js';
import { isInitialElSyncing } from '../../types/engineHeads.js';
import { elSyncEnd, logElSyncEnd } from '../elSync.js';
import { describeStatus } from '../engineErrors.js';
import { skipElSync } from '../engineState.js';
import { idText } from '../engineStore.js';
import { applyForkchoice, sendForkchoice } from '../forkchoice.js';
import type { EngineTaskContext } from '../taskContext.js';

/**
 * Offers the execution layer the block that its first own sync must have come to, where nobody else does: the one that it
 * was sent to, or, as long as it was sent to none, its own newest. VALID ends the sync. In the second case there was none:
 * the labels of the execution layer stand, and the forkchoice is found from them as without this mode. Nothing is said of
 * what is safe, so that the answer is about the block alone. Anything else is logged, with what is waited for.
 * @throws NodeError temporary.
 * Differs: op-node waits for an unsafe payload, and then calls safe and finalized what lies at the offset behind it.
 */
export async function offerHead(ctx: EngineTaskContext, signal: AbortSignal): Promise<void> {
  const { store, l2, options } = ctx;
  if (!isInitialElSyncing(store.heads)) return;
  const latest = await l2.l2BlockRefByLabel('latest', signal);
  const tip = store.heads.elSync === 'started' ? store.heads.unsafe : latest;
  if (tip === null || tip.number <= options.rollup.genesis.l2.number) {
    return logWaiting(ctx, 'an unsafe payload, as it has no block above genesis', latest, signal);
  }
  const forkchoice = {
    headBlockHash: tip.hash,
    safeBlockHash: ZERO_HASH,
    finalizedBlockHash: ZERO_HASH,
  };
  const what = 'failed to offer the execution layer a head';
  const status = await sendForkchoice(ctx, forkchoice, what, signal);
  if (status.status !== 'VALID') {
    const waitsFor = `the execution layer to get to ${idText(tip)}, ${describeStatus(status)}`;
    return logWaiting(ctx, waitsFor, latest, signal);
  }
  if (store.heads.elSync === 'started') return end(ctx, tip, signal);
  store.commit(skipElSync(store.state));
  ctx.log.info('Skipping EL sync, as the execution layer has all that its newest block needs', {
    id: idText(tip),
  });
}

async function end(ctx: EngineTaskContext, tip: L2BlockRef, signal: AbortSignal): Promise<void> {
  await applyForkchoice(ctx, await elSyncEnd(ctx, tip, signal), signal);
  logElSyncEnd(ctx, ctx.store.state);
}

async function logWaiting(
  ctx: EngineTaskContext,
  waitsFor: string,
  latest: L2BlockRef | null,
  signal: AbortSignal,
): Promise<void> {
  ctx.log.warn('Nothing is derived during the sync of the execution layer', {
    waitsFor,
    engineHead: latest === null ? null : idText(latest),
    peerCount: await ctx.l2.peerCount(signal),
  });
}
