import { NodeError } from '../../errors/nodeError.js';
import { isActive } from '../../rollup/forks.js';
import { payloadToBlockRef } from '../../rollup/l2BlockRef.js';
import { DEPOSIT_TX_TYPE, transactionType } from '../../rollup/txCodec.js';
import { sameBlock } from '../../types/block.js';
import type { ConsolidateResult } from '../../types/building.js';
import { isInitialElSyncing } from '../../types/engineHeads.js';
import type {
  AttributesWithParent,
  DerivedAttributes,
  ExecutionPayloadEnvelope,
  PayloadAttributes,
} from '../../types/payload.js';
import { payloadId } from '../../types/payload.js';
import { attributesMismatch } from '../attributesMatch.js';
import { dropPendingSafe, isSentAway, moveDerived } from '../engineState.js';
import { idText } from '../engineStore.js';
import { applyForkchoice } from '../forkchoice.js';
import { isHeld } from '../isHeld.js';
import type { EngineTaskContext } from '../taskContext.js';
import { build } from './build.js';
import { insertBuilt } from './insertBuilt.js';
import { seal } from './seal.js';

/**
 * Makes the next derived block the pending safe head, and safe where it ends its batch: consolidates an existing
 * unsafe block that matches, else has it built, sealed and inserted in its place.
 * @throws NodeError critical when a block of deposits alone is refused, or its parent is below finalized; reset when
 * the heads contradict the attributes or the execution layer lost a block; temporary otherwise (a sealing job that
 * expired starts again from the same attributes), also while the safe-head database cannot be written. op-node `rollup/attributes/attributes.go`, onBuildInvalid.
 */
export async function consolidate(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  signal: AbortSignal,
): Promise<ConsolidateResult> {
  await ctx.records.settle(signal);
  const { pendingSafe, unsafe } = ctx.store.heads;
  if (unsafe.number < pendingSafe.number) {
    throw resetError(
      `pending-safe label (${pendingSafe.number}) may not be ahead of unsafe head label (${unsafe.number})`,
    );
  }
  if (derived.parent.number !== pendingSafe.number) return { kind: 'stale' };
  if (!sameBlock(derived.parent, pendingSafe)) {
    throw resetError(
      `pending safe head changed to ${idText(pendingSafe)}, conflicting with queued safe attributes on top of ${idText(derived.parent)}`,
    );
  }
  if (pendingSafe.number < unsafe.number) {
    // What it has at a height only counts on the chain that we report: it may stand on another, or on the parent.
    const { state } = ctx.store;
    if (state.lastForkchoice === null) await applyForkchoice(ctx, state, signal);
    const existing = await existingBlock(ctx, derived, signal);
    if (isSentAway(state, ctx.clock.monotonicMs())) await expectOurChain(ctx, signal);
    const mismatch = mismatchOf(ctx, derived, existing);
    if (mismatch === null) return consolidateBlock(ctx, derived, existing);
    ctx.log.warn('L2 reorg: existing unsafe block does not match derived attributes from L1', {
      err: mismatch,
      unsafe: idText(payloadId(existing.executionPayload)),
      pending_safe: idText(pendingSafe),
    });
  }
  return buildBlock(ctx, derived, signal);
}

/** @throws NodeError temporary where the execution layer has left our unsafe head: the next try calls it back first. */
async function expectOurChain(ctx: EngineTaskContext, signal: AbortSignal): Promise<void> {
  const { unsafe } = ctx.store.heads;
  if (await isHeld(ctx.l2, unsafe, signal)) return;
  ctx.store.forgetForkchoice();
  const text = 'the execution layer has gone to another chain than our unsafe head is on';
  throw new NodeError('ENGINE_EL_SYNCING', text, {
    severity: 'temporary',
    fields: { unsafe: idText(unsafe) },
  });
}

function mismatchOf(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  existing: ExecutionPayloadEnvelope,
): string | null {
  const { rollup } = ctx.options;
  return attributesMismatch(rollup, derived.attributes, derived.parent.hash, existing);
}

async function existingBlock(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  signal: AbortSignal,
): Promise<ExecutionPayloadEnvelope> {
  const number = derived.parent.number + 1n;
  const existing = await ctx.l2.envelopeByNumber(number, signal);
  if (existing !== null) return existing;
  if (isInitialElSyncing(ctx.store.heads)) {
    // A reset would take the execution layer away from its sync target.
    throw new NodeError(
      'ENGINE_EL_SYNCING',
      `waiting for EL sync to fill in block ${number} for consolidation`,
      { severity: 'temporary', fields: { number } },
    );
  }
  throw new NodeError(
    'ENGINE_BLOCK_MISSING',
    'expected engine was synced and had unsafe block to reconcile, but cannot find the block',
    { severity: 'reset', fields: { number } },
  );
}

async function consolidateBlock(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  existing: ExecutionPayloadEnvelope,
): Promise<ConsolidateResult> {
  const before = ctx.store.state;
  const ref = payloadToBlockRef(ctx.options.rollup, existing.executionPayload);
  ctx.store.commit(moveDerived(before, ref, derived.concluding));
  await ctx.records.moved(before.heads.safe, ctx.store.heads.safe, derived.derivedFrom);
  return { kind: 'consolidated', ref };
}

async function buildBlock(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  signal: AbortSignal,
): Promise<ConsolidateResult> {
  const started = await build(ctx, derived, signal);
  if (started.kind === 'invalid') return refuseAttributes(ctx, derived, started.reason);
  const sealed = await seal(ctx, started.job, signal);
  if (sealed.kind === 'expired') {
    ctx.log.warn('Block sealing job of derived attributes expired, job will be re-attempted.', {
      build_id: started.job.info.id,
      timestamp: started.job.info.timestamp,
      err: sealed.reason,
    });
    throw new NodeError('ENGINE_CALL_FAILED', sealed.reason, { severity: 'temporary' });
  }
  if (sealed.kind === 'invalid') {
    ctx.log.warn('Cannot seal derived block attributes, input is invalid', {
      build_id: started.job.info.id,
      timestamp: started.job.info.timestamp,
      err: sealed.reason,
    });
    return { kind: 'dropped', reason: sealed.reason };
  }
  const { derivedFrom, concluding } = derived;
  const from = { derivedFrom, concluding, startedMs: started.job.startedMs };
  const inserted = await insertBuilt(ctx, sealed, from, signal);
  if (inserted.kind === 'invalid') return refuseAttributes(ctx, derived, inserted.reason);
  return { kind: 'built', ref: inserted.ref };
}

/**
 * What becomes of attributes that the execution layer calls invalid. Deposits alone always make a valid block, so
 * their refusal cannot be recovered from.
 * Differs: op-node asks for deposits-only attributes again and again when `newPayload` refuses a block of deposits.
 */
export function refuseAttributes(
  ctx: EngineTaskContext,
  { attributes, parent, derivedFrom }: AttributesWithParent,
  reason: string,
): ConsolidateResult {
  ctx.log.warn('could not process payload attributes', { err: reason });
  if (isDepositsOnly(attributes)) {
    ctx.log.error('deposit only block was invalid', { parent: idText(parent), err: reason });
    throw new NodeError(
      'ENGINE_DEPOSITS_ONLY_INVALID',
      `failed to process block with only deposit transactions: ${reason}`,
      { severity: 'critical', fields: { parent } },
    );
  }
  if (derivedFrom !== null && isActive(ctx.options.rollup, 'holocene', derivedFrom.timestamp)) {
    ctx.log.warn('Holocene active, requesting deposits-only attributes', {
      parent: idText(parent),
      derived_from: idText(derivedFrom),
    });
    return { kind: 'depositsOnly', parent, derivedFrom, reason };
  }
  ctx.store.commit(dropPendingSafe(ctx.store.state));
  return { kind: 'dropped', reason };
}

/** op-node PayloadAttributes.IsDepositsOnly. */
function isDepositsOnly(attributes: PayloadAttributes): boolean {
  return attributes.transactions.every((tx) => transactionType(tx) === DEPOSIT_TX_TYPE);
}

function resetError(message: string): NodeError {
  return new NodeError('ENGINE_ATTRIBUTES_CONFLICT', message, { severity: 'reset' });
}
