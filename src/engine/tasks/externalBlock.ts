import { toNodeError } from '../../errors/nodeError.js';
import { payloadToBlockRef } from '../../rollup/l2BlockRef.js';
import type { BlockId, L2BlockRef } from '../../types/block.js';
import { isZeroRef, sameBlock } from '../../types/block.js';
import type { ExternalBlockFault, ExternalResult } from '../../types/externalBlock.js';
import type {
  ExecutionPayloadEnvelope,
  ForkchoiceUpdatedResult,
  PayloadAttributes,
  PayloadInfo,
} from '../../types/payload.js';
import { buildStartError, classifyEngineFault, describeStatus } from '../engineErrors.js';
import { idText } from '../engineStore.js';
import { restoreForkchoice } from '../forkchoice.js';
import type { EngineTaskContext } from '../taskContext.js';
import { insertBuilt } from './insertBuilt.js';

/** Starts a block on any parent that the execution layer has. op-node `rollup/engine/api.go` OpenBlock. */
export async function openBlock(
  ctx: EngineTaskContext,
  parent: BlockId,
  attributes: PayloadAttributes,
  signal: AbortSignal,
): Promise<ExternalResult<PayloadInfo>> {
  const known = await attempt(signal, () => ctx.l2.l2BlockRefByHash(parent.hash, signal));
  const missing = `failed to retrieve parent block ${parent.hash}:${parent.number} from engine`;
  if (known.kind === 'failed') return refused('failed', `${missing}: ${known.message}`);
  if (known.value === null) return refused('failed', `${missing}: not found`);
  const { safe, finalized, unsafe } = ctx.store.heads;
  const forkchoice = {
    headBlockHash: parent.hash,
    safeBlockHash: safe.hash,
    finalizedBlockHash: finalized.hash,
  };
  if (!sameBlock(parent, unsafe)) ctx.store.forgetForkchoice();
  const answer = await attempt(signal, () =>
    ctx.engine.forkchoiceUpdated(forkchoice, attributes, signal),
  );
  if (answer.kind === 'failed') return startFault(answer.thrown, answer.message);
  return opened(answer.value, attributes.timestamp);
}

/** Ends a job by taking its block. op-node CancelBlock. */
export async function cancelBlock(
  ctx: EngineTaskContext,
  info: PayloadInfo,
  signal: AbortSignal,
): Promise<ExternalResult<null>> {
  const taken = await takeBlock(ctx, info, 'cancel', signal);
  return taken.kind === 'done' ? { kind: 'done', value: null } : taken;
}

/** Takes the block of a job. op-node SealBlock. */
export function sealBlock(
  ctx: EngineTaskContext,
  info: PayloadInfo,
  signal: AbortSignal,
): Promise<ExternalResult<ExecutionPayloadEnvelope>> {
  return takeBlock(ctx, info, 'seal', signal);
}

/**
 * Makes a block the unsafe head. op-node CommitBlock.
 * Differs: a block that the execution layer has not executed does not become our head; one not above our safe or pending
 * safe head changes nothing, and is refused unless it is on our chain.
 */
export async function commitBlock(
  ctx: EngineTaskContext,
  envelope: ExecutionPayloadEnvelope,
  signal: AbortSignal,
): Promise<ExternalResult<null>> {
  const decoded = await attempt(signal, async () =>
    payloadToBlockRef(ctx.options.rollup, envelope.executionPayload),
  );
  if (decoded.kind === 'failed') return refused('failed', `invalid payload: ${decoded.message}`);
  const ref = decoded.value;
  const { localSafe, pendingSafe } = ctx.store.heads;
  // Without the pending safe head what derivation has of its batch fits nowhere, and the rest of the batch is lost.
  const isDerived = ref.number <= localSafe.number || ref.number <= pendingSafe.number;
  if (isDerived) return commitDerived(ctx, ref, signal);
  const from = { derivedFrom: null, concluding: false, startedMs: null };
  const inserted = await attempt(signal, () => insertBuilt(ctx, { envelope, ref }, from, signal));
  if (inserted.kind === 'failed') {
    // A refused update may have moved its head. Where it cannot be put back now, the next task does.
    await attempt(signal, () => restoreForkchoice(ctx, signal));
    return refused('failed', `failed to insert payload: ${inserted.message}`);
  }
  if (inserted.value.kind === 'inserted') return { kind: 'done', value: null };
  return refused('invalidInput', `execution invalid: ${inserted.value.reason}`);
}

/** A commit that comes late, when the block has been derived already, has nothing left to do. */
async function commitDerived(
  ctx: EngineTaskContext,
  ref: L2BlockRef,
  signal: AbortSignal,
): Promise<ExternalResult<null>> {
  const ours = await attempt(signal, () => ctx.l2.l2BlockRefByNumber(ref.number, signal));
  if (ours.kind === 'failed') return refused('failed', `failed to insert payload: ${ours.message}`);
  if (ours.value !== null && sameBlock(ours.value, ref)) return { kind: 'done', value: null };
  const { localSafe, pendingSafe } = ctx.store.heads;
  const head = isZeroRef(pendingSafe) ? localSafe : pendingSafe;
  const text = `block ${idText(ref)} is not above the safe head ${idText(head)}`;
  return refused('failed', `failed to insert payload: ${text}`);
}

function opened(
  { payloadStatus, payloadId }: ForkchoiceUpdatedResult,
  timestamp: bigint,
): ExternalResult<PayloadInfo> {
  const { status } = payloadStatus;
  const temporarily = 'temporarily cannot insert new safe block';
  if (status === 'VALID' && payloadId !== null) {
    return { kind: 'done', value: { id: payloadId, timestamp } };
  }
  if (status === 'VALID') {
    const text = 'nil id in forkchoice result when expecting a valid ID';
    return refused('temporary', `${temporarily}: ${text}`);
  }
  if (status === 'INVALID' || status === 'INVALID_BLOCK_HASH') {
    return refused('prestate', `invalid payload attributes: ${describeStatus(payloadStatus)}`);
  }
  return refused('temporary', `${temporarily}: ${describeStatus(payloadStatus)}`);
}

/** op-node answers invalid attributes with the code of a prestate problem too. */
function startFault(thrown: unknown, message: string): ExternalResult<never> {
  if (classifyEngineFault(thrown) === 'attributes') {
    return refused('prestate', `invalid payload attributes: ${message}`);
  }
  return buildStartError(thrown).severity === 'reset'
    ? refused('prestate', `need reset to resolve pre-state problem: ${message}`)
    : refused('temporary', `temporarily cannot insert new safe block: ${message}`);
}

async function takeBlock(
  ctx: EngineTaskContext,
  info: PayloadInfo,
  what: 'cancel' | 'seal',
  signal: AbortSignal,
): Promise<ExternalResult<ExecutionPayloadEnvelope>> {
  const taken = await attempt(signal, () => ctx.engine.getPayload(info, signal));
  if (taken.kind === 'done') return taken;
  return classifyEngineFault(taken.thrown) === 'unknownPayload'
    ? refused('unknownPayload', 'unknown payload')
    : refused('other', `failed to ${what} payload: ${taken.message}`);
}

type Attempt<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly thrown: unknown; readonly message: string };

/** @throws NodeError critical, or what the stop of the node makes of the call. */
async function attempt<T>(signal: AbortSignal, run: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { kind: 'done', value: await run() };
  } catch (thrown) {
    const error = toNodeError(thrown);
    if (signal.aborted || error.severity === 'critical') throw error;
    return { kind: 'failed', thrown, message: error.message };
  }
}

function refused(fault: ExternalBlockFault, message: string): ExternalResult<never> {
  return { kind: 'refused', fault, message };
}
