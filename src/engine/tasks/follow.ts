import { NodeError } from '../../errors/nodeError.js';
import { walkBranch } from '../../rollup/branch.js';
import { isActive } from '../../rollup/forks.js';
import type { BlocksByNumber, L2BlockRef } from '../../types/block.js';
import { isZeroRef, sameBlock, ZERO_HASH } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import { isInitialElSyncing } from '../../types/engineHeads.js';
import type { FollowResult, FollowTarget } from '../../types/followTarget.js';
import type { ForkchoiceState, PayloadStatus } from '../../types/payload.js';
import { decideElSync, elSyncEnd, logElSyncEnd } from '../elSync.js';
import { classifyEngineFault, describeStatus, forkchoiceError } from '../engineErrors.js';
import type { EngineState } from '../engineState.js';
import { applyFollowed, forkchoiceOf, sameForkchoice } from '../engineState.js';
import { idText } from '../engineStore.js';
import type { Ancestor, FollowPlan, FollowRefused, TargetPosition } from '../followPlan.js';
import { planFollow, refuseByNumbers, refused, refuseReplacedByNumbers } from '../followPlan.js';
import { restoreForkchoice } from '../forkchoice.js';
import { isHeld } from '../isHeld.js';
import { expectHeld, headLost } from '../lostHead.js';
import type { EngineTaskContext } from '../taskContext.js';

/** What our execution layer knows about the target's chain. */
interface TargetChain {
  /** False while the execution layer lacks the target's head: then its ancestors are not known either. */
  readonly isHeld: boolean;
  readonly position: TargetPosition;
  readonly ancestor: Ancestor;
}

type Answer =
  | { readonly kind: 'valid' | 'syncing' }
  | { readonly kind: 'refused'; readonly refusal: FollowRefused };

/**
 * Makes the heads of one checked status ours: one target whose refs lie on one chain, sent in exactly one forkchoice
 * update; a target that the execution layer already holds sends none. Heads and current L1 move in one snapshot, only
 * on VALID. A target that the execution layer cannot reach yet is `syncing`, in both sync modes, and no reset.
 * @throws NodeError reset when the execution layer has lost our own chain; temporary when it cannot be asked.
 * Differs: op-node FollowSource moves its unsafe head before the answer, never lowers the safe head in a reorg (its
 * finalizer then resets the node), and takes safe heads that it has not checked against the unsafe chain.
 */
export async function follow(
  ctx: EngineTaskContext,
  target: FollowTarget,
  signal: AbortSignal,
): Promise<FollowResult> {
  await decideElSync(ctx, signal);
  if (isInitialElSyncing(ctx.store.heads)) {
    const unfinished = await driveElSync(ctx, target, signal);
    if (unfinished !== null) return unfinished;
  }
  if (isUnchanged(ctx.store.state, target)) {
    publishCurrentL1(ctx, target);
    return { kind: 'unchanged' };
  }
  const early = refuseByNumbers(target, ctx.store.heads);
  if (early !== null) return refuse(ctx, early);
  const chain = await locate(ctx, target, signal);
  if (!chain.isHeld) return pursue(ctx, target, signal);
  const plan = await plannedFor(ctx, target, chain);
  if (plan.kind === 'refused') return refuseHeld(ctx, plan, signal);
  return take(ctx, target, plan, signal);
}

/** The target is what we report and what the execution layer accepted last: there is nothing to ask or send. */
function isUnchanged(state: EngineState, target: FollowTarget): boolean {
  const { heads } = state;
  return (
    sameBlock(heads.localSafe, target.localSafe) &&
    sameBlock(heads.safe, target.safe) &&
    (target.dropsUnsafe !== true || sameBlock(heads.unsafe, target.localSafe)) &&
    (target.finalized === null ||
      (sameBlock(heads.finalized, target.finalized) && heads.isFinalizedProven)) &&
    sameForkchoice(state.lastForkchoice, forkchoiceOf(heads))
  );
}

function publishCurrentL1(ctx: EngineTaskContext, target: FollowTarget): void {
  const { state } = ctx.store;
  const currentL1 = target.currentL1 ?? state.heads.currentL1;
  const isSame = sameBlock(currentL1, state.heads.currentL1);
  const heads = isSame ? state.heads : { ...state.heads, currentL1 };
  ctx.store.commit({ ...state, heads, isSafeConfirmed: true });
  ctx.syncTarget.clear();
}

async function locate(
  ctx: EngineTaskContext,
  target: FollowTarget,
  signal: AbortSignal,
): Promise<TargetChain> {
  const { localSafe } = target;
  const { l2, store } = ctx;
  const { unsafe } = store.heads;
  const read = await l2.l2BlockRefsAt(lookedAt(target, store.heads), signal);
  const canonical = oncePerHeight((number) => l2.l2BlockRefByNumber(number, signal), read);
  const local = await canonical(localSafe.number);
  if (local === null && localSafe.number <= unsafe.number && ctx.syncTarget.target === null) {
    throw new NodeError(
      'ENGINE_FORKCHOICE_INCONSISTENT',
      'the execution layer lost a block below our unsafe head',
      { severity: 'reset', fields: { number: localSafe.number, unsafe: idText(unsafe) } },
    );
  }
  const isOnChain = isSame(local, localSafe);
  const held = isOnChain ? local : await l2.l2BlockRefByHash(localSafe.hash, signal);
  if (held === null) return { isHeld: false, position: 'newHead', ancestor: canonical };
  const isKept = await keepsUnsafe(ctx, target, { canonical, isOnChain }, signal);
  const position = isKept ? 'belowUnsafe' : 'newHead';
  if (!isOnChain) return { ...(await branchOf(ctx, target, held, signal)), position };
  const ancestor: Ancestor = async (number) => (number === held.number ? held : canonical(number));
  return { isHeld: true, position, ancestor };
}

/**
 * Whether our unsafe head stays: it builds on the target. An execution layer that was sent to another chain, and has come
 * there, still has ours beside it.
 * @throws NodeError ENGINE_HEAD_LOST, reset, where its newest blocks are lost: they are given back before anything is followed.
 */
async function keepsUnsafe(
  ctx: EngineTaskContext,
  { localSafe, dropsUnsafe = false }: FollowTarget,
  target: { readonly canonical: Ancestor; readonly isOnChain: boolean },
  signal: AbortSignal,
): Promise<boolean> {
  const { l2, store, syncTarget } = ctx;
  const { unsafe } = store.heads;
  if (sameBlock(unsafe, localSafe)) return true;
  if (dropsUnsafe || unsafe.number <= localSafe.number) return false;
  const atUnsafe = await target.canonical(unsafe.number);
  if (isSame(atUnsafe, unsafe)) return target.isOnChain;
  if (target.isOnChain && atUnsafe === null && syncTarget.target === null) throw headLost(unsafe);
  const held = await l2.l2BlockRefByHash(unsafe.hash, signal);
  if (held === null) return false;
  const { blocks, end } = await walkBranch(l2, held, localSafe.number, signal);
  const walked = blocks.get(localSafe.number) ?? null;
  return isSame(walked, localSafe) || (end === 'joined' && target.isOnChain);
}

/** The blocks, ours and theirs, at whose heights `planFollow` looks, one for each height. */
function lookedAt(
  { localSafe, safe, finalized }: FollowTarget,
  heads: EngineHeads,
): readonly L2BlockRef[] {
  const ours = [heads.unsafe, heads.localSafe, heads.safe, heads.finalized];
  const refs = [...ours, finalized, safe, localSafe].filter((ref) => ref !== null);
  const named = refs.filter((ref) => !isZeroRef(ref));
  return [...new Map(named.map((ref) => [ref.number, ref])).values()];
}

/**
 * Several heads are of one height most of the time: a target is judged by one look at it.
 * @param read what was looked at already.
 */
function oncePerHeight(ask: Ancestor, read: BlocksByNumber): Ancestor {
  const known = new Map(read);
  return async (number) => {
    const before = known.get(number);
    if (before !== undefined) return before;
    const block = await ask(number);
    known.set(number, block);
    return block;
  };
}

function isSame(a: L2BlockRef | null, b: L2BlockRef): boolean {
  return a !== null && sameBlock(a, b);
}

/**
 * The chain of a block that the execution layer holds beside its own: by parent links down to where they join, then by
 * number. One that is too long to walk is taken as not held: the execution layer is sent there, and asked afterwards.
 */
async function branchOf(
  ctx: EngineTaskContext,
  target: FollowTarget,
  tip: L2BlockRef,
  signal: AbortSignal,
): Promise<Omit<TargetChain, 'position'>> {
  const canonical: Ancestor = (number) => ctx.l2.l2BlockRefByNumber(number, signal);
  const floor = lowestNeeded(ctx, target);
  const { blocks, lowest, end } = await walkBranch(ctx.l2, tip, floor, signal);
  if (end === 'tooLong') {
    ctx.log.debug('Follow Source: branch of the target is too long to walk', {
      target: idText(tip),
      lowest: idText(lowest),
    });
    return { isHeld: false, ancestor: canonical };
  }
  const ancestor: Ancestor = async (number) => {
    const walked = blocks.get(number) ?? null;
    return walked === null && end === 'joined' && number < lowest.number
      ? canonical(number)
      : walked;
  };
  return { isHeld: true, ancestor };
}

/** The lowest height that is asked for to judge a target: see `planFollow`. */
function lowestNeeded({ store, options }: EngineTaskContext, target: FollowTarget): bigint {
  const { finalized, isFinalizedProven, localSafe } = store.heads;
  if (!isFinalizedProven && target.finalized === null) return options.rollup.genesis.l2.number;
  let lowest = target.safe.number;
  for (const ref of [target.finalized, finalized, localSafe]) {
    if (ref !== null && !isZeroRef(ref) && ref.number < lowest) lowest = ref.number;
  }
  return lowest;
}

function plannedFor(
  ctx: EngineTaskContext,
  target: FollowTarget,
  chain: Omit<TargetChain, 'isHeld'>,
): Promise<FollowPlan> {
  const genesisNumber = ctx.options.rollup.genesis.l2.number;
  return planFollow(target, ctx.store.state, { ...chain, genesisNumber });
}

/** The execution layer holds the target's chain: one update makes it ours. */
async function take(
  ctx: EngineTaskContext,
  target: FollowTarget,
  plan: FollowPlan & { kind: 'take' },
  signal: AbortSignal,
): Promise<FollowResult> {
  const next = followedState(ctx, plan);
  const forkchoice = forkchoiceOf(next.heads);
  if (sameForkchoice(ctx.store.state.lastForkchoice, forkchoice)) {
    ctx.store.commit(next);
    ctx.syncTarget.clear();
    return { kind: 'unchanged' };
  }
  const answer = await ask(ctx, forkchoice, signal);
  switch (answer.kind) {
    case 'valid':
      accept(ctx, plan, next, forkchoice);
      return { kind: 'applied', reorged: plan.isReorg };
    case 'syncing':
      if (sameBlock(next.heads.unsafe, ctx.store.heads.unsafe)) {
        await expectHeld(ctx, next.heads.unsafe, signal);
      }
      return syncing(ctx, target, signal);
    case 'refused':
      return restore(ctx, answer.refusal, signal);
  }
}

function followedState(ctx: EngineTaskContext, plan: FollowPlan & { kind: 'take' }): EngineState {
  const { rollup } = ctx.options;
  const isCross = !isActive(rollup, 'lagoon', plan.heads.unsafe.timestamp);
  return applyFollowed(ctx.store.state, plan.heads, isCross);
}

function accept(
  ctx: EngineTaskContext,
  plan: FollowPlan & { kind: 'take' },
  next: EngineState,
  forkchoice: ForkchoiceState,
): void {
  const { heads, isSafeConfirmed } = ctx.store.state;
  if (plan.isReorg) {
    ctx.log.warn('Follow Source: Reorg onto upstream chain', {
      unsafe: idText(heads.unsafe),
      to: idText(next.heads.unsafe),
    });
  }
  if (plan.isSafeReplaced) {
    ctx.log.warn('Follow Source: safe head goes back or is replaced', {
      safe: idText(heads.safe),
      to: idText(next.heads.safe),
      isFirstStatus: !isSafeConfirmed,
    });
  }
  ctx.syncTarget.clear();
  ctx.store.commitForkchoice(next, forkchoice);
}

/**
 * The execution layer lacks the target's head: it is told to get it. Where it answers VALID at once the chain is
 * checked afterwards, by its own blocks, before any head of ours moves.
 */
async function pursue(
  ctx: EngineTaskContext,
  target: FollowTarget,
  signal: AbortSignal,
): Promise<FollowResult> {
  const { heads } = ctx.store;
  const early = refuseReplacedByNumbers(target, ctx.store.state);
  if (early !== null) return refuse(ctx, early);
  if (!ctx.syncTarget.isDue(target.localSafe)) return waiting(ctx, target, signal);
  const finalized = target.finalized ?? heads.finalized;
  const isForward = finalized.number >= heads.finalized.number;
  const forkchoice: ForkchoiceState = {
    headBlockHash: target.localSafe.hash,
    safeBlockHash: target.safe.hash,
    finalizedBlockHash: (isForward ? finalized : heads.finalized).hash,
  };
  const answer = await ask(ctx, forkchoice, signal);
  if (answer.kind === 'syncing') return syncing(ctx, target, signal);
  if (answer.kind === 'refused') return restore(ctx, answer.refusal, signal);
  const plan = await plannedFor(ctx, target, {
    position: 'newHead',
    ancestor: (number) => ctx.l2.l2BlockRefByNumber(number, signal),
  });
  if (plan.kind === 'refused') return restore(ctx, plan, signal);
  accept(ctx, plan, followedState(ctx, plan), forkchoice);
  return { kind: 'applied', reorged: plan.isReorg };
}

async function ask(
  ctx: EngineTaskContext,
  forkchoice: ForkchoiceState,
  signal: AbortSignal,
): Promise<Answer> {
  let status: PayloadStatus;
  try {
    status = (await ctx.engine.forkchoiceUpdated(forkchoice, null, signal)).payloadStatus;
  } catch (thrown) {
    const fault = classifyEngineFault(thrown);
    if (fault !== 'forkchoice' && fault !== 'attributes') {
      ctx.store.forgetForkchoice();
      throw forkchoiceError(thrown, 'failed to apply the followed heads');
    }
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return { kind: 'refused', refusal: refused('forkchoice', reason) };
  }
  switch (status.status) {
    case 'VALID':
      return { kind: 'valid' };
    case 'SYNCING':
    case 'ACCEPTED':
      return { kind: 'syncing' };
    default:
      return { kind: 'refused', refusal: refused('invalid', describeStatus(status)) };
  }
}

/** The target was just sent and answered SYNCING. */
async function syncing(
  ctx: EngineTaskContext,
  target: FollowTarget,
  signal: AbortSignal,
): Promise<FollowResult> {
  // What the execution layer holds is its target now: whatever comes next is to be sent.
  ctx.store.forgetForkchoice();
  if (ctx.syncTarget.target === null) {
    ctx.log.info('Follow Source: execution layer is syncing to the followed head', {
      target: idText(target.localSafe),
      unsafe: idText(ctx.store.heads.unsafe),
    });
  }
  ctx.syncTarget.sent(target.localSafe);
  return waiting(ctx, target, signal);
}

async function waiting(
  ctx: EngineTaskContext,
  target: FollowTarget,
  signal: AbortSignal,
): Promise<FollowResult> {
  const head = await ctx.l2.l2BlockRefByLabel('latest', signal);
  await ctx.syncTarget.observe(head?.number ?? 0n, () => ctx.l2.peerCount(signal));
  return { kind: 'syncing', target: target.localSafe.hash };
}

function refuse(ctx: EngineTaskContext, refusal: FollowRefused): FollowResult {
  const { cause, reason } = refusal;
  ctx.metrics.recordFollowRefused(cause);
  ctx.log.warn('Follow Source: target refused', { cause, reason });
  return refusal;
}

/**
 * Refuses a target whose chain the execution layer holds. Where it has reached that chain by its own sync, sent there
 * before anything of it could be checked, it is called back.
 */
async function refuseHeld(
  ctx: EngineTaskContext,
  refusal: FollowRefused,
  signal: AbortSignal,
): Promise<FollowResult> {
  const { unsafe } = ctx.store.heads;
  const isAway = ctx.syncTarget.target !== null && !(await isHeld(ctx.l2, unsafe, signal));
  return isAway ? restore(ctx, refusal, signal) : refuse(ctx, refusal);
}

/** The refused update may have moved the execution layer's head: it is put back before anything else happens. */
async function restore(
  ctx: EngineTaskContext,
  refusal: FollowRefused,
  signal: AbortSignal,
): Promise<FollowResult> {
  const result = refuse(ctx, refusal);
  ctx.syncTarget.clear();
  await restoreForkchoice(ctx, signal);
  return result;
}

/**
 * Starts and drives the execution layer's own sync by the followed head, where nothing else does: finalized is the
 * zero hash meanwhile. A sync that gossip drives to a higher block is left alone. @returns null once it is over.
 */
async function driveElSync(
  ctx: EngineTaskContext,
  target: FollowTarget,
  signal: AbortSignal,
): Promise<FollowResult | null> {
  const { l2, store, syncTarget } = ctx;
  const { localSafe } = target;
  const { unsafe } = store.heads;
  const isUnsafeHeld = await isHeld(l2, unsafe, signal);
  const isFollowedHeld = await isHeld(l2, localSafe, signal);
  const isDrivenByGossip = unsafe.number > localSafe.number && !isUnsafeHeld;
  if (isDrivenByGossip || (!isFollowedHeld && !syncTarget.isDue(localSafe))) {
    return waiting(ctx, target, signal);
  }
  // A chain that holds the followed head already is complete: its own tip ends the sync.
  const tip = isFollowedHeld && unsafe.number > localSafe.number ? unsafe : localSafe;
  const forkchoice: ForkchoiceState = {
    headBlockHash: tip.hash,
    safeBlockHash: store.heads.safe.hash,
    finalizedBlockHash: ZERO_HASH,
  };
  const answer = await ask(ctx, forkchoice, signal);
  if (answer.kind === 'refused') return refuse(ctx, answer.refusal);
  if (answer.kind === 'syncing') return syncing(ctx, target, signal);
  // What the source says of its head was nowhere checked: the execution layer has it now.
  const held = await l2.l2BlockRefByHash(tip.hash, signal);
  if (held === null) throw headMissing(tip);
  syncTarget.clear();
  store.commitForkchoice(await elSyncEnd(ctx, held, signal), forkchoice);
  logElSyncEnd(ctx, store.state);
  return null;
}

function headMissing(tip: L2BlockRef): NodeError {
  return new NodeError('ENGINE_BLOCK_MISSING', 'the execution layer lacks the head it synced to', {
    severity: 'temporary',
    fields: { tip: idText(tip) },
  });
}
