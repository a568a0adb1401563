import { hasCode } from '../../errors/nodeError.js';
import { isActive } from '../../rollup/forks.js';
import { payloadToBlockRef } from '../../rollup/l2BlockRef.js';
import type { L2BlockRef } from '../../types/block.js';
import { isInitialElSyncing } from '../../types/engineHeads.js';
import type { ExecutionPayloadEnvelope, PayloadStatus } from '../../types/payload.js';
import { decideElSync, elSyncEnd, logElSyncEnd } from '../elSync.js';
import { describeStatus } from '../engineErrors.js';
import type { EngineState } from '../engineState.js';
import { forkchoiceOf, giveUpSought, moveUnsafe, sendAway } from '../engineState.js';
import { restoreForkchoice, sendForkchoice } from '../forkchoice.js';
import { expectHeld } from '../lostHead.js';
import { offerPayload } from '../sendPayload.js';
import type { EngineTaskContext } from '../taskContext.js';

export type InsertResult =
  /** Valid and our unsafe head. */
  | { readonly kind: 'inserted'; readonly ref: L2BlockRef }
  /** The execution layer lacks what is below it. Only during its first sync is the block our unsafe head already. */
  | { readonly kind: 'syncing'; readonly ref: L2BlockRef }
  /** It cannot become canonical: drop it. */
  | { readonly kind: 'invalid'; readonly reason: string }
  /** At or below our unsafe head, or meant for another one. */
  | { readonly kind: 'stale' };

interface Timing {
  readonly startMs: number;
  readonly newPayloadMs: number;
  readonly forkchoiceMs: number;
}

/**
 * Hands an unsafe block to the execution layer and makes it the head. In execution-layer mode this starts, drives and
 * ends the execution layer's own sync.
 * @throws NodeError reset on -38002, and where the execution layer has lost our unsafe head; temporary otherwise, then
 * the block may be tried again.
 * Differs: once the first sync is over, an answer of SYNCING moves no head in execution-layer mode either, though the
 * block is reported as unsafe head (`sought`), so that what is built on or compared with is always a valid block; a block
 * beyond a gap that is not on the chain of our safe head is dropped, where op-node tries it again and again.
 * op-node insertUnsafePayload.
 */
export async function insert(
  ctx: EngineTaskContext,
  envelope: ExecutionPayloadEnvelope,
  signal: AbortSignal,
): Promise<InsertResult> {
  const ref = refOf(ctx, envelope);
  if (typeof ref === 'string') return { kind: 'invalid', reason: ref };
  if (ref.number <= ctx.store.heads.unsafe.number) return { kind: 'stale' };
  await decideElSync(ctx, signal);
  const startMs = ctx.clock.monotonicMs();
  const status = await offerPayload(ctx, envelope, 'failed to insert payload', signal);
  const newPayloadMs = ctx.clock.monotonicMs() - startMs;
  const isValid = status.status === 'VALID';
  if (!isValid) {
    const refusal = await afterNotValid(ctx, ref, status, signal);
    if (refusal !== null) return refusal;
  }
  const isEnd = isValid && ctx.store.heads.elSync === 'started';
  const next = isEnd ? await elSyncEnd(ctx, ref, signal) : withUnsafe(ctx, ref);
  const result = await becomeHead(ctx, next, ref, signal);
  if (isEnd && result.kind === 'inserted') logElSyncEnd(ctx, ctx.store.state);
  if (result.kind === 'inserted') {
    const forkchoiceMs = ctx.clock.monotonicMs() - startMs - newPayloadMs;
    logInserted(ctx, envelope, { startMs, newPayloadMs, forkchoiceMs });
  }
  return result;
}

/** What an answer other than VALID ends with; null where the block may be made the head all the same. */
async function afterNotValid(
  ctx: EngineTaskContext,
  ref: L2BlockRef,
  status: PayloadStatus,
  signal: AbortSignal,
): Promise<InsertResult | null> {
  if (status.status === 'INVALID' || status.status === 'INVALID_BLOCK_HASH') {
    return { kind: 'invalid', reason: describeStatus(status) };
  }
  const { unsafe } = ctx.store.heads;
  if (ref.parentHash === unsafe.hash) await expectHeld(ctx, unsafe, signal);
  return maySync(ctx) ? null : { kind: 'syncing', ref };
}

/** With sync by request and response the execution layer is not sent after missing blocks. */
function maySync(ctx: EngineTaskContext): boolean {
  return isInitialElSyncing(ctx.store.heads) || !ctx.options.reqRespSync;
}

/** The reason as text when the block is not one of this chain. */
function refOf(ctx: EngineTaskContext, envelope: ExecutionPayloadEnvelope): L2BlockRef | string {
  try {
    return payloadToBlockRef(ctx.options.rollup, envelope.executionPayload);
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

/** From Lagoon on a follower learns from its source what is cross-unsafe. */
function withUnsafe(ctx: EngineTaskContext, ref: L2BlockRef): EngineState {
  const { rollup, followEnabled } = ctx.options;
  const isCross = !followEnabled || !isActive(rollup, 'lagoon', ref.timestamp);
  return moveUnsafe(ctx.store.state, ref, isCross);
}

/**
 * A block beyond a gap may turn out to be on a branch without our safe head, to which the execution layer has gone all
 * the same: it is called back, and the block dropped.
 */
async function becomeHead(
  ctx: EngineTaskContext,
  next: EngineState,
  ref: L2BlockRef,
  signal: AbortSignal,
): Promise<InsertResult> {
  const { heads } = ctx.store;
  const isOnTop = ref.parentHash === heads.unsafe.hash || isInitialElSyncing(heads);
  try {
    return await makeHead(ctx, next, ref, signal);
  } catch (thrown) {
    if (isOnTop || !hasCode(thrown, 'ENGINE_FORKCHOICE_INCONSISTENT')) throw thrown;
    ctx.store.commit(giveUpSought(ctx.store.state));
    await restoreForkchoice(ctx, signal);
    return { kind: 'invalid', reason: 'it is not on the chain of our safe head' };
  }
}

async function makeHead(
  ctx: EngineTaskContext,
  next: EngineState,
  ref: L2BlockRef,
  signal: AbortSignal,
): Promise<InsertResult> {
  const forkchoice = forkchoiceOf(next.heads);
  const what = 'failed to update forkchoice for new unsafe payload';
  const status = await sendForkchoice(ctx, forkchoice, what, signal);
  switch (status.status) {
    case 'VALID':
      ctx.store.commitForkchoice(next, forkchoice);
      return { kind: 'inserted', ref };
    case 'SYNCING':
      if (isInitialElSyncing(next.heads)) ctx.store.commitForkchoice(next, forkchoice);
      else ctx.store.commit(sendAway(ctx.store.state, ref, ctx.clock.monotonicMs()));
      return { kind: 'syncing', ref };
    default:
      return { kind: 'invalid', reason: describeStatus(status) };
  }
}

function logInserted(
  ctx: EngineTaskContext,
  envelope: ExecutionPayloadEnvelope,
  timing: Timing,
): void {
  const { blockHash, blockNumber, gasUsed } = envelope.executionPayload;
  const totalMs = ctx.clock.monotonicMs() - timing.startMs;
  const mgas = Number(gasUsed) / 1e6;
  ctx.log.info('Inserted new L2 unsafe block (synchronous)', {
    hash: blockHash,
    number: blockNumber,
    newpayload_time: `${timing.newPayloadMs.toFixed(3)}ms`,
    fcu2_time: `${timing.forkchoiceMs.toFixed(3)}ms`,
    total_time: `${totalMs.toFixed(3)}ms`,
    mgas,
    mgasps: totalMs > 0 ? (mgas * 1000) / totalMs : 0,
  });
}
