import type { Severity } from '../errors/nodeError.js';
import { NodeError, toNodeError } from '../errors/nodeError.js';
import type { L1BlockRef, L2BlockRef } from '../types/block.js';
import { sameBlock, ZERO_L2_REF } from '../types/block.js';
import type { EngineState } from './engineState.js';
import type { EngineSafeHeadRecorder } from './ports.js';
import type { EngineTaskContext } from './taskContext.js';

/**
 * Records a safe head that moved. @throws NodeError ENGINE_SAFE_HEAD_RECORD, reset: the safe head then goes back a
 * little and the entry is written again. op-node onSafeDerivedBlock.
 */
export async function recordSafe(
  ctx: EngineTaskContext,
  before: EngineState,
  derivedFrom: L1BlockRef,
): Promise<void> {
  const { safeHeads, store } = ctx;
  const { safe } = store.heads;
  if (safeHeads === null || sameBlock(safe, before.heads.safe)) return;
  await written('reset', () => safeHeads.safeHeadUpdated(safe, derivedFrom));
}

/**
 * Entries above the safe head no longer hold. Genesis is safe by definition, at every L1 block: where the reset reaches
 * it, it is recorded at L1 block 0. @throws NodeError ENGINE_SAFE_HEAD_RECORD, temporary: no safe head may move while
 * wrong entries stand. op-node onEngineConfirmedReset.
 */
export async function recordReset(
  ctx: EngineTaskContext,
  safe: L2BlockRef,
  signal: AbortSignal,
): Promise<void> {
  const { safeHeads, l1, options } = ctx;
  if (safeHeads === null) return;
  await written('temporary', () => safeHeads.safeHeadReset(safe));
  if (safe.hash !== options.rollup.genesis.l2.hash || l1 === null) return;
  const l1Genesis = await l1.l1BlockRefByNumber(0n, signal);
  if (l1Genesis === null) {
    ctx.log.error('Failed to retrieve L1 genesis, cannot notify genesis as safe block');
    return;
  }
  await written('temporary', () => safeHeads.safeHeadUpdated(safe, l1Genesis));
}

/** Drops every entry. @throws NodeError ENGINE_SAFE_HEAD_RECORD, temporary. */
export function clearRecords(safeHeads: EngineSafeHeadRecorder): Promise<void> {
  return written('temporary', () => safeHeads.safeHeadReset(ZERO_L2_REF));
}

/** A database that cannot be written, because its disk is full or broken, is no reason to end the node. */
async function written(severity: Severity, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    const cause = toNodeError(thrown);
    const message = `safe head notifications failed: ${cause.message}`;
    throw new NodeError('ENGINE_SAFE_HEAD_RECORD', message, { severity, cause });
  }
}
