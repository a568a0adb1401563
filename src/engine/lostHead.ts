import { hasCode, NodeError } from '../errors/nodeError.js';
import type { BlockId } from '../types/block.js';
import { isZeroRef, ZERO_HASH } from '../types/block.js';
import { isInitialElSyncing } from '../types/engineHeads.js';
import type { ExecutionPayloadEnvelope, PayloadStatus } from '../types/payload.js';
import { payloadId } from '../types/payload.js';
import { forkchoiceOf } from './engineState.js';
import { idText } from './engineStore.js';
import { sendForkchoice } from './forkchoice.js';
import { isHeld } from './isHeld.js';
import { offerPayload } from './sendPayload.js';
import type { EngineTaskContext } from './taskContext.js';

/** Time for an execution layer with peers to get its lost blocks from them: a sequencer's own blocks are with them. */
export const PEER_SYNC_MS = 30_000;
const PEER_SYNC_POLL_MS = 1_000;
/** An execution layer that has taken all lost blocks back is asked so often, a second apart, to make the last one its head. */
const RETURN_TRIES = 5;

/**
 * Called when the execution layer answered SYNCING for what builds on one of our heads: a client that was killed comes
 * back without its newest blocks, and nothing else would ever tell.
 * @throws NodeError ENGINE_HEAD_LOST, reset, where the head is not on its chain any more.
 */
export async function expectHeld(
  ctx: EngineTaskContext,
  head: BlockId,
  signal: AbortSignal,
): Promise<void> {
  if (isInitialElSyncing(ctx.store.heads) || (await isHeld(ctx.l2, head, signal))) return;
  throw headLost(head);
}

export function headLost(head: BlockId): NodeError {
  return new NodeError('ENGINE_HEAD_LOST', 'the execution layer has lost a head of ours', {
    severity: 'reset',
    fields: { head: idText(head) },
  });
}

/**
 * Tries to bring the execution layer back to our unsafe head where it is not on its chain: it may still have it, gets the
 * blocks that we remember, or has `PEER_SYNC_MS` to ask its peers before the forkchoice is searched for. What stays lost
 * stays lost: the reset goes on with what it holds. A block that peers have seen is so replaced by no other of its height.
 * @throws NodeError temporary where it cannot be asked.
 * Differs: op-node builds on nothing until derivation comes across a missing block, and then goes back.
 */
export async function restoreLostHead(
  ctx: EngineTaskContext,
  options: { readonly mayWaitForPeers: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { unsafe } = ctx.store.heads;
  if (isZeroRef(unsafe) || (await isHeld(ctx.l2, unsafe, signal))) return;
  const fields = { unsafe: idText(unsafe) };
  ctx.log.warn('Execution layer lost our unsafe head', fields);
  const isBack =
    (await reachesHead(ctx, signal)) ||
    (await giveBack(ctx, signal)) ||
    (options.mayWaitForPeers && (await awaitPeers(ctx, signal)));
  if (isBack) ctx.log.info('Execution layer is back at our unsafe head', fields);
}

/** The blocks from its chain up to our unsafe head, lowest first; null where it lacks one that is not remembered. */
async function rememberedBlocks(
  ctx: EngineTaskContext,
  signal: AbortSignal,
): Promise<readonly ExecutionPayloadEnvelope[] | null> {
  const blocks: ExecutionPayloadEnvelope[] = [];
  let missing: BlockId = ctx.store.heads.unsafe;
  do {
    const block = await ctx.l2.envelopeByHash(missing.hash, signal);
    if (block === null) return null;
    blocks.unshift(block);
    missing = { hash: block.executionPayload.parentHash, number: missing.number - 1n };
  } while (!(await isHeld(ctx.l2, missing, signal)));
  return blocks;
}

async function giveBack(ctx: EngineTaskContext, signal: AbortSignal): Promise<boolean> {
  const lost = await rememberedBlocks(ctx, signal);
  if (lost === null) return false;
  for (const block of lost) {
    const status = await offerAgain(ctx, block, signal);
    if (status === 'VALID') continue;
    const id = idText(payloadId(block.executionPayload));
    ctx.log.warn('Execution layer does not take a lost block back', { block: id, status });
    return false;
  }
  return returnsSoon(ctx, signal);
}

/** What it has called VALID is there: one refusal is no reason to build other blocks at those heights. */
async function returnsSoon(ctx: EngineTaskContext, signal: AbortSignal): Promise<boolean> {
  for (let tries = 1; tries < RETURN_TRIES; tries++) {
    if (await reachesHead(ctx, signal)) return true;
    await ctx.clock.sleep(PEER_SYNC_POLL_MS, signal);
  }
  return reachesHead(ctx, signal);
}

/**
 * A client that was killed may have kept the parent and lost its state: op-geth calls such a block VALID, as it knows it, and
 * its child ACCEPTED. Made its head, the parent is executed again.
 */
async function offerAgain(
  ctx: EngineTaskContext,
  block: ExecutionPayloadEnvelope,
  signal: AbortSignal,
): Promise<PayloadStatus['status']> {
  const what = 'failed to give a lost block back';
  const { status } = await offerPayload(ctx, block, what, signal);
  if (status !== 'ACCEPTED') return status;
  const headBlockHash = block.executionPayload.parentHash;
  const parent = { headBlockHash, safeBlockHash: ZERO_HASH, finalizedBlockHash: ZERO_HASH };
  await sendForkchoice(ctx, parent, what, signal);
  return (await offerPayload(ctx, block, what, signal)).status;
}

async function awaitPeers(ctx: EngineTaskContext, signal: AbortSignal): Promise<boolean> {
  const { clock, l2 } = ctx;
  const endMs = clock.monotonicMs() + PEER_SYNC_MS;
  while (clock.monotonicMs() < endMs && ((await l2.peerCount(signal)) ?? 0) > 0) {
    if (await reachesHead(ctx, signal)) return true;
    await clock.sleep(PEER_SYNC_POLL_MS, signal);
  }
  return false;
}

/** Our heads are sent; an execution layer that lacks them starts to sync to them. */
async function reachesHead(ctx: EngineTaskContext, signal: AbortSignal): Promise<boolean> {
  const forkchoice = forkchoiceOf(ctx.store.heads);
  try {
    const what = 'failed to return to our unsafe head';
    return (await sendForkchoice(ctx, forkchoice, what, signal)).status === 'VALID';
  } catch (thrown) {
    if (hasCode(thrown, 'ENGINE_FORKCHOICE_INCONSISTENT')) return false;
    throw thrown;
  }
}
