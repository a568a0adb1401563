import { NodeError } from '../../errors/nodeError.js';
import { payloadToBlockRef } from '../../rollup/l2BlockRef.js';
import { sameBlock } from '../../types/block.js';
import type { ConsolidateResult } from '../../types/building.js';
import { isInitialElSyncing } from '../../types/engineHeads.js';
import type {
  AttributesAhead,
  DerivedAttributes,
  ExecutionPayloadEnvelope,
} from '../../types/payload.js';
import { payloadId } from '../../types/payload.js';
import { attributesMismatch } from '../attributesMatch.js';
import { isSentAway, moveDerived } from '../engineState.js';
import { idText } from '../engineStore.js';
import { applyForkchoice } from '../forkchoice.js';
import { isHeld } from '../isHeld.js';
import type { EngineTaskContext } from '../taskContext.js';
import { buildDerived } from './buildDerived.js';

/**
 * Makes the next derived block the pending safe head, and safe where it ends its batch: consolidates an existing
 * unsafe block that matches, else has it built, sealed and inserted in its place.
 * @throws NodeError critical when a block of deposits alone is refused, or its parent is below finalized; reset when
 * the heads contradict the attributes or the execution layer lost a block; temporary otherwise, also while the safe-head
 * database cannot be written. op-node `rollup/attributes/attributes.go`.
 */
export async function consolidate(
  ctx: EngineTaskContext,
  derived: DerivedAttributes,
  signal: AbortSignal,
  ahead?: AttributesAhead,
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
  return buildDerived(ctx, derived, signal, ahead);
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

function resetError(message: string): NodeError {
  return new NodeError('ENGINE_ATTRIBUTES_CONFLICT', message, { severity: 'reset' });
}
