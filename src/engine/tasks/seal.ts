import type { Hex } from 'viem';
import { toNodeError } from '../../errors/nodeError.js';
import { payloadToBlockRef } from '../../rollup/l2BlockRef.js';
import { DEPOSIT_TX_TYPE, leadingDeposits, transactionType } from '../../rollup/txCodec.js';
import type { L2BlockRef } from '../../types/block.js';
import type { BuildJob, SealResult } from '../../types/building.js';
import type { ExecutionPayloadEnvelope, PayloadInfo } from '../../types/payload.js';
import { classifyEngineFault, faultText } from '../engineErrors.js';
import { idText } from '../engineStore.js';
import type { EngineTaskContext } from '../taskContext.js';

/**
 * Takes the block of a building job and checks that it can be one of this chain. Nothing is inserted.
 * @throws NodeError ABORTED only. op-node onBuildSeal.
 */
export async function seal(
  ctx: EngineTaskContext,
  job: BuildJob,
  signal: AbortSignal,
): Promise<SealResult> {
  const startMs = ctx.clock.monotonicMs();
  let envelope: ExecutionPayloadEnvelope;
  try {
    envelope = await ctx.engine.getPayload(job.info, signal);
  } catch (thrown) {
    return expired(ctx, job, thrown, signal);
  }
  const { transactions } = envelope.executionPayload;
  const problem = payloadProblem(transactions);
  if (problem !== null) return { kind: 'invalid', reason: problem };
  let ref: L2BlockRef;
  try {
    ref = payloadToBlockRef(ctx.options.rollup, envelope.executionPayload);
  } catch (thrown) {
    return { kind: 'invalid', reason: toNodeError(thrown).message };
  }
  record(ctx, job, { startMs, transactions, ref });
  return { kind: 'sealed', envelope, ref };
}

function expired(
  ctx: EngineTaskContext,
  job: BuildJob,
  thrown: unknown,
  signal: AbortSignal,
): SealResult {
  if (signal.aborted) throw thrown;
  const reason = faultText(toNodeError(thrown));
  if (classifyEngineFault(thrown) === 'unknownPayload') {
    ctx.log.warn('Cannot seal block, payload ID is unknown', {
      payloadID: job.info.id,
      payload_time: job.info.timestamp,
    });
  }
  return {
    kind: 'expired',
    reason: `failed to seal execution payload: ${reason}`,
    isAnswered: classifyEngineFault(thrown) !== 'transport',
  };
}

/** Deposits come first, and there is at least one. Null when that holds. op-node sanityCheckPayload. */
export function payloadProblem(transactions: readonly Hex[]): string | null {
  if (transactions.length === 0) return 'no transactions in returned payload';
  const types = transactions.map(transactionType);
  const empty = types.indexOf(null);
  if (empty >= 0) return `invalid transaction at idx ${empty}`;
  if (types[0] !== DEPOSIT_TX_TYPE) return `first transaction was not deposit tx. Got ${types[0]}`;
  const deposits = leadingDeposits(transactions);
  const late = types.indexOf(DEPOSIT_TX_TYPE, deposits);
  return late < 0
    ? null
    : `deposit tx (${late}) after other tx in l2 block with prev deposit at idx ${deposits - 1}`;
}

function record(
  ctx: EngineTaskContext,
  job: BuildJob,
  built: {
    readonly startMs: number;
    readonly transactions: readonly Hex[];
    readonly ref: L2BlockRef;
  },
): void {
  const nowMs = ctx.clock.monotonicMs();
  const { ref, transactions } = built;
  const deposits = leadingDeposits(transactions);
  const times = {
    sealMs: nowMs - built.startMs,
    buildMs: nowMs - job.startedMs,
    blockTimeMs: Number(ctx.options.rollup.blockTime) * 1000,
  };
  ctx.metrics.recordSealed(times);
  // op-node counts the index of the last deposit, one less than there are.
  ctx.metrics.recordSequencedTxs({
    deposits: deposits - 1,
    txns: transactions.length - deposits + 1,
  });
  ctx.log.debug('Built new L2 block', {
    l2_unsafe: idText(ref),
    l1_origin: idText(ref.l1Origin),
    txs: transactions.length,
    deposits,
    time: ref.timestamp,
    seal_time: `${times.sealMs.toFixed(3)}ms`,
    build_time: `${times.buildMs.toFixed(3)}ms`,
  });
}

/**
 * Ends a building job that nobody wants any more: taking its block is the only way. An unknown job is over already, and
 * one that cannot be ended holds nothing up: it is tried once. @throws NodeError ABORTED only. op-node onBuildCancel.
 */
export async function cancelBuild(
  ctx: EngineTaskContext,
  info: PayloadInfo,
  signal: AbortSignal,
): Promise<void> {
  ctx.log.warn('cancelling old block building job', { payloadID: info.id });
  try {
    await ctx.engine.getPayload(info, signal);
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const isUnknown = classifyEngineFault(thrown) === 'unknownPayload';
    const what = isUnknown
      ? 'tried cancelling unknown block building job'
      : 'failed to cancel block building job';
    ctx.log.warn(what, { payloadID: info.id, err: toNodeError(thrown).message });
  }
}
