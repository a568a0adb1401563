import { NodeError } from '../errors/nodeError.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { BlockId, L2BlockRef } from '../types/block.js';
import type { ElSyncEnd, EngineState } from './engineState.js';
import { endElSync, skipElSync, startElSync } from './engineState.js';
import { idText } from './engineStore.js';
import type { EngineL2Source } from './ports.js';
import type { EngineTaskContext } from './taskContext.js';
import { supportsPostFinalizationElSync } from './taskContext.js';

/**
 * Leaves the phase `willStart`: the execution layer's own sync starts where it has finalized nothing but genesis, or
 * where it can sync past its finalized block; else it needs none.
 * op-node insertUnsafePayload.
 */
export async function decideElSync(ctx: EngineTaskContext, signal: AbortSignal): Promise<void> {
  if (ctx.store.heads.elSync !== 'willStart') return;
  if (skipFinalized(ctx, await ctx.l2.l2BlockRefByLabel('finalized', signal))) return;
  ctx.log.info('Starting EL sync');
  ctx.store.commit(startElSync(ctx.store.state, ctx.clock.monotonicMs()));
}

/**
 * Leaves the phase `willStart` where the execution layer needs no sync of its own: it has finalized a block above genesis
 * and is not one that syncs past that. @returns whether it did.
 */
export function skipFinalized(ctx: EngineTaskContext, finalized: L2BlockRef | null): boolean {
  const { rollup, engineKind } = ctx.options;
  if (finalized === null || finalized.hash === rollup.genesis.l2.hash) return false;
  if (supportsPostFinalizationElSync(engineKind)) return false;
  ctx.store.commit(skipElSync(ctx.store.state));
  ctx.log.info(
    'Skipping EL sync and going straight to CL sync because there is a finalized block',
    { id: idText(finalized) },
  );
  return true;
}

/**
 * The state after the execution layer's sync ended with `tip` valid. Safe goes on from the safe-head database, so that this
 * keeps its entries without a gap: finalized is not above it then, and may go back. Without entries that hold, safe and
 * finalized stand at the offset behind the tip, but never go back. op-node headsAfterELSync.
 */
export async function elSyncEnd(
  ctx: EngineTaskContext,
  tip: L2BlockRef,
  signal: AbortSignal,
): Promise<EngineState> {
  const { l2, options, records, store } = ctx;
  const offset = await offsetRef(l2, options, tip, signal);
  const recorded = await records.afterElSync(
    offset,
    (id) => heldBelow(l2, tip, id, signal),
    signal,
  );
  return endElSync(store.state, tip, headsAfterElSync(store.state, offset, recorded));
}

/**
 * @param recorded where derivation goes on by the safe-head database; null at the offset.
 */
export function headsAfterElSync(
  { heads }: EngineState,
  offset: L2BlockRef,
  recorded: L2BlockRef | null,
): ElSyncEnd {
  if (recorded !== null) {
    const { finalized } = heads;
    return { safe: recorded, finalized: finalized.number < recorded.number ? finalized : recorded };
  }
  return {
    safe: offset.number < heads.safe.number ? heads.safe : offset,
    finalized: offset.number < heads.finalized.number ? heads.finalized : offset,
  };
}

async function heldBelow(
  l2: EngineL2Source,
  tip: L2BlockRef,
  id: BlockId,
  signal: AbortSignal,
): Promise<L2BlockRef | null> {
  if (id.hash === tip.hash) return tip;
  const ref = id.number > tip.number ? null : await l2.l2BlockRefByNumber(id.number, signal);
  return ref?.hash === id.hash ? ref : null;
}

/** The log line of the end of the execution layer's sync. */
export function logElSyncEnd(ctx: EngineTaskContext, state: EngineState): void {
  const { unsafe, safe } = state.heads;
  const startMs = state.elSyncStartMs ?? ctx.clock.monotonicMs();
  ctx.log.info('Finished EL sync', {
    sync_duration: `${Math.round(ctx.clock.monotonicMs() - startMs)}ms`,
    unsafe_block: idText(unsafe),
    safe_finalized_block: idText(safe),
  });
}

/**
 * Block number that is `offsetSec` of block time behind `head`, rounded down to a whole block further back, never
 * below genesis. op-node `rollup/sync/start.go` OffsetBlockNum.
 */
export function offsetBlockNumber(
  offsetSec: number,
  rollup: Pick<RollupConfig, 'genesis' | 'blockTime'>,
  head: bigint,
): bigint {
  const genesis = rollup.genesis.l2.number;
  const { blockTime } = rollup;
  if (offsetSec <= 0 || blockTime === 0n || head <= genesis) return head;
  const blocks = (BigInt(Math.floor(offsetSec)) + blockTime - 1n) / blockTime;
  const target = head - blocks;
  return target < genesis ? genesis : target;
}

/** How far the safe head stays behind the end of the execution layer's sync. */
export interface ElSyncOffset {
  readonly rollup: Pick<RollupConfig, 'genesis' | 'blockTime'>;
  readonly offsetElSafeSec: number;
}

/** The block at the offset behind `tip`. @throws NodeError ENGINE_BLOCK_MISSING, temporary. */
export async function offsetRef(
  l2: EngineL2Source,
  { rollup, offsetElSafeSec }: ElSyncOffset,
  tip: L2BlockRef,
  signal: AbortSignal,
): Promise<L2BlockRef> {
  const number = offsetBlockNumber(offsetElSafeSec, rollup, tip.number);
  if (number === tip.number) return tip;
  const ref = await l2.l2BlockRefByNumber(number, signal);
  if (ref !== null) return ref;
  throw new NodeError('ENGINE_BLOCK_MISSING', `EL sync offset-derived head at block ${number}`, {
    severity: 'temporary',
    fields: { number, tip },
  });
}
