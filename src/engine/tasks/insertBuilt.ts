import { hasCode } from '../../errors/nodeError.js';
import { type L1BlockRef, type L2BlockRef, parentId } from '../../types/block.js';
import type { SealedBlock } from '../../types/building.js';
import type { AttributesAhead, PayloadAttributes } from '../../types/payload.js';
import { describeStatus, statusError } from '../engineErrors.js';
import type { EngineState } from '../engineState.js';
import { moveDerived, replaceUnsafe } from '../engineState.js';
import { applyForkchoice } from '../forkchoice.js';
import { expectHeld } from '../lostHead.js';
import { sendPayload } from '../sendPayload.js';
import type { EngineTaskContext } from '../taskContext.js';
import { buildAhead } from './buildAhead.js';

/** Where a block came from that we had built. */
export interface BuiltFrom {
  /** Null for a block of our own sequencer. */
  readonly derivedFrom: L1BlockRef | null;
  /** True when it is the last of its batch. */
  readonly concluding: boolean;
  /** Start of the building job in monotonic milliseconds; null when it is not known. */
  readonly startedMs: number | null;
  /** Makes the attributes that are expected next, which are then sent together with the new forkchoice. */
  readonly ahead?: AttributesAhead | undefined;
}

export type InsertBuiltResult =
  | { readonly kind: 'inserted'; readonly ref: L2BlockRef }
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * Inserts a block that our execution layer built: unsafe head, and pending safe and safe head too where it was derived.
 * Heads move once the execution layer has accepted them.
 * @throws NodeError reset on -38002, when the execution layer has lost the parent, or when the safe head cannot be
 * recorded; temporary otherwise.
 * op-node onPayloadProcess, onPayloadSuccess.
 */
export async function insertBuilt(
  ctx: EngineTaskContext,
  block: SealedBlock,
  from: BuiltFrom,
  signal: AbortSignal,
): Promise<InsertBuiltResult> {
  const insertMs = ctx.clock.monotonicMs();
  const what = 'failed to insert execution payload';
  const sending = sendPayload(ctx, block.envelope, what, signal);
  const next = nextAttributes(block.ref, from, signal);
  const status = await sending;
  switch (status.status) {
    case 'VALID':
      break;
    case 'INVALID':
    case 'INVALID_BLOCK_HASH':
      return { kind: 'invalid', reason: describeStatus(status) };
    default:
      await expectHeld(ctx, parentId(block.ref), signal);
      throw statusError('temporary', 'execution payload is not processed yet', status);
  }
  const before = ctx.store.state;
  const after = withBuilt(before, block.ref, from);
  const isStarted = next.made !== null && (await buildAhead(ctx, after, next.made, signal));
  if (!isStarted) await applyForkchoice(ctx, after, signal);
  if (from.derivedFrom !== null) {
    await ctx.records.moved(before.heads.safe, ctx.store.heads.safe, from.derivedFrom);
  }
  logInserted(ctx, block, { insertMs, startedMs: from.startedMs ?? insertMs });
  return { kind: 'inserted', ref: block.ref };
}

/** What is `made` while the execution layer takes their parent: attributes that are not there by then are not waited for. */
function nextAttributes(
  parent: L2BlockRef,
  { ahead }: BuiltFrom,
  signal: AbortSignal,
): { readonly made: PayloadAttributes | null } {
  const next: { made: PayloadAttributes | null } = { made: null };
  const keep = (made: PayloadAttributes | null): void => {
    next.made = made;
  };
  // What fails here fails again when it is derived in earnest.
  void ahead?.(parent, signal).then(keep, () => undefined);
  return next;
}

/**
 * As `insertBuilt`, for a block of our own sequencer: one whose shape the execution layer refuses is invalid, as another
 * may be built in its place. What was derived can only be tried again.
 */
export async function insertOwn(
  ctx: EngineTaskContext,
  block: SealedBlock,
  startedMs: number | null,
  signal: AbortSignal,
): Promise<InsertBuiltResult> {
  try {
    return await insertBuilt(
      ctx,
      block,
      { derivedFrom: null, concluding: false, startedMs },
      signal,
    );
  } catch (thrown) {
    if (!hasCode(thrown, 'ENGINE_PAYLOAD_REFUSED')) throw thrown;
    return { kind: 'invalid', reason: thrown.message };
  }
}

function withBuilt(state: EngineState, ref: L2BlockRef, from: BuiltFrom): EngineState {
  const replaced = replaceUnsafe(state, ref);
  return from.derivedFrom === null ? replaced : moveDerived(replaced, ref, from.concluding);
}

function logInserted(
  ctx: EngineTaskContext,
  { envelope }: SealedBlock,
  times: { readonly insertMs: number; readonly startedMs: number },
): void {
  const nowMs = ctx.clock.monotonicMs();
  const { blockHash, blockNumber, gasUsed } = envelope.executionPayload;
  const totalMs = nowMs - times.startedMs;
  const mgas = Number(gasUsed) / 1e6;
  ctx.log.info('Inserted new L2 unsafe block', {
    hash: blockHash,
    number: blockNumber,
    build_time: `${(times.insertMs - times.startedMs).toFixed(3)}ms`,
    insert_time: `${(nowMs - times.insertMs).toFixed(3)}ms`,
    total_time: `${totalMs.toFixed(3)}ms`,
    mgas,
    mgasps: totalMs > 0 ? (mgas * 1000) / totalMs : 0,
  });
}
