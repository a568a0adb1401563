import { NodeError, toNodeError } from '../../errors/nodeError.js';
import { transactionHash } from '../../rollup/txCodec.js';
import type { BuildJob, ConsolidateResult, SealedBlock, SealResult } from '../../types/building.js';
import type { AttributesAhead, DerivedAttributes } from '../../types/payload.js';
import type { AttributesFault } from '../engineMetrics.js';
import { idText } from '../engineStore.js';
import type { EngineTaskContext } from '../taskContext.js';
import type { BuildResult } from './build.js';
import { build } from './build.js';
import { findDefect } from './findDefect.js';
import type { BuiltFrom } from './insertBuilt.js';
import { insertBuilt } from './insertBuilt.js';
import { isDepositsOnly, refuseAttributes } from './refuseAttributes.js';
import { seal } from './seal.js';

/** The execution layer answered, and no block came of it. */
interface Unbuilt {
  readonly kind: 'unbuilt';
  readonly error: NodeError;
}

/**
 * Has derived attributes built, sealed and inserted. Execution clients differ in what they say of attributes that can
 * never be built, and the outcome does not: op-geth refuses them, op-reth leaves the transaction out, or loses the job each
 * time. Only a block of exactly these transactions is theirs.
 * @throws NodeError as `consolidate`; temporary also where the building job was lost: the same attributes are built again.
 * Differs: op-node takes a block that lacks a transaction, and tries attributes whose job is lost for ever.
 */
export async function buildDerived(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  signal: AbortSignal,
  ahead?: AttributesAhead,
): Promise<ConsolidateResult> {
  const early = ctx.aheadJob.take(derived.attributes, derived.parent);
  const started = await start(ctx, derived, early, signal);
  if (started.kind === 'invalid') return refuseAttributes(ctx, derived, started.reason);
  if (started.kind === 'unbuilt') return settleUnbuilt(ctx, derived, started.error, signal);
  const { job } = started;
  const sealed = await seal(ctx, job, signal);
  const log = { build_id: job.info.id, timestamp: job.info.timestamp };
  switch (sealed.kind) {
    case 'expired':
      ctx.log.warn('Block sealing job of derived attributes expired, job will be re-attempted.', {
        ...log,
        err: sealed.reason,
      });
      // It may have waited for its turn for longer than it is kept: that says nothing about the attributes.
      if (early !== null && sealed.isAnswered) return buildDerived(ctx, derived, signal, ahead);
      return settleExpired(ctx, derived, sealed, signal);
    case 'invalid':
      ctx.log.warn('Cannot seal derived block attributes, input is invalid', {
        ...log,
        err: sealed.reason,
      });
      return { kind: 'dropped', reason: sealed.reason };
    case 'sealed':
      return insertDerived(ctx, derived, { sealed, startedMs: job.startedMs, ahead }, signal);
  }
}

async function start(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  early: BuildJob | null,
  signal: AbortSignal,
): Promise<BuildResult | Unbuilt> {
  if (early !== null) return { kind: 'started', job: early };
  try {
    return await build(ctx, derived, signal);
  } catch (thrown) {
    const error = toNodeError(thrown);
    // An error of the call itself: op-geth's answer to a blob transaction.
    if (error.code !== 'ENGINE_CALL_FAILED' || error.fields.cause !== 'RPC_ERROR') throw error;
    return { kind: 'unbuilt', error };
  }
}

function settleExpired(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  { reason, isAnswered }: SealResult & { readonly kind: 'expired' },
  signal: AbortSignal,
): Promise<ConsolidateResult> {
  const error = new NodeError('ENGINE_CALL_FAILED', reason, { severity: 'temporary' });
  if (!isAnswered) throw error;
  return settleUnbuilt(ctx, derived, error, signal);
}

/** At the second time the attributes themselves are looked at: only what is found wrong with them ends the tries. */
async function settleUnbuilt(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  error: NodeError,
  signal: AbortSignal,
): Promise<ConsolidateResult> {
  const { attributes } = derived;
  if (!ctx.unbuilt.isRepeated(attributes) || isDepositsOnly(attributes)) throw error;
  const defect = await findDefect(ctx, derived, signal);
  if (defect !== null) return refuseFaulty(ctx, derived, 'never_built', defect);
  ctx.log.warn('The execution layer fails at derived attributes that nothing is found wrong with', {
    parent: idText(derived.parent),
    txs: attributes.transactions.length,
    err: error.message,
  });
  throw error;
}

async function insertDerived(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  { sealed, ...from }: { readonly sealed: SealedBlock } & Pick<BuiltFrom, 'startedMs' | 'ahead'>,
  signal: AbortSignal,
): Promise<ConsolidateResult> {
  const { derivedFrom, concluding, attributes } = derived;
  const difference = otherTransactions(attributes.transactions, sealed);
  if (difference !== null) return refuseFaulty(ctx, derived, 'left_out', difference);
  const inserted = await insertBuilt(ctx, sealed, { ...from, derivedFrom, concluding }, signal);
  if (inserted.kind === 'invalid') return refuseAttributes(ctx, derived, inserted.reason);
  return { kind: 'built', ref: inserted.ref };
}

/** In words; null where the block has exactly these transactions. */
function otherTransactions(
  wanted: DerivedAttributes['attributes']['transactions'],
  { envelope }: SealedBlock,
): string | null {
  const { transactions } = envelope.executionPayload;
  const at = wanted.findIndex((transaction, index) => transaction !== transactions[index]);
  const missing = wanted[at];
  if (missing !== undefined) {
    return `the execution layer built a block without transaction ${at} (${transactionHash(missing)}) at its place`;
  }
  const more = transactions.length - wanted.length;
  return more === 0 ? null : `the execution layer built a block with ${more} more transactions`;
}

/** The execution layer did not say so itself: people and alerts should know. */
function refuseFaulty(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  fault: AttributesFault,
  reason: string,
): ConsolidateResult {
  ctx.metrics.recordFaultyAttributes(fault);
  ctx.log.error('Derived attributes cannot be built', {
    parent: idText(derived.parent),
    derived_from: idText(derived.derivedFrom),
    fault,
    err: reason,
  });
  return refuseAttributes(ctx, derived, reason);
}
