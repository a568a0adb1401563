import { isActive } from '../../rollup/forks.js';
import type { Sliced } from '../../rollup/slices.js';
import { inTurns } from '../../rollup/slices.js';
import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { SpanBatch, SpanBlock } from '../codec/spanBatch.js';
import type { BatchContext } from './batchContext.js';
import type { Judgement } from './batchRules.js';
import {
  ACCEPTED,
  checkDrift,
  checkOrder,
  checkTransactions,
  isWindowExpired,
  judged,
} from './batchRules.js';
import { missingSafeBlock } from './safeBlocks.js';
import { checkOverlap } from './spanOverlap.js';

/** The verdict on a span batch's prefix, and on `accept` the L2 block that its first block builds on. */
export type PrefixJudgement =
  | (Judgement & { readonly validity: Exclude<Judgement['validity'], 'accept'> })
  | { readonly validity: 'accept'; readonly parent: L2BlockRef };

/**
 * The checks of a span batch from Holocene on, before its blocks are tried one by one: of the batch as a whole, and of
 * the blocks that are safe already. Those may be others than when the batch was read first: where one of its blocks was
 * replaced, what comes after that one is void, whoever reads it, and wherever he begins.
 * Spec: protocol/holocene/derivation, "Span Batches", with Delta's overlap checks (specs pull request 928, for all time).
 * @throws NodeError temporary where L2 cannot tell; the check can be made again.
 */
export async function checkStrictSpanBatch(
  batch: SpanBatch,
  context: BatchContext,
  signal: AbortSignal,
): Promise<Judgement> {
  const prefix = await checkSpanPrefix(batch, context, signal);
  if (prefix.validity !== 'accept') return prefix;
  return (await checkOverlap(batch, context, prefix.parent, signal)) ?? ACCEPTED;
}

/**
 * The checks that look at a span batch as a whole.
 * Spec: protocol/holocene/derivation, "Span Batches"; op-node `rollup/derive/batches.go` checkSpanBatchPrefix.
 * @throws NodeError temporary where L2 cannot tell; the check can be made again.
 */
export async function checkSpanPrefix(
  batch: SpanBatch,
  context: BatchContext,
  signal: AbortSignal,
): Promise<PrefixJudgement> {
  const { config, l1Blocks, inclusion } = context;
  const start = checkStart(batch, context);
  if (start !== null) return start;
  const number = parentNumber(batch, context);
  if (typeof number !== 'bigint') return number;
  // Before anything is read: an engine may have no blocks that are older than any batch can reach back to.
  if (isWindowExpired(batch.firstEpochNumber, inclusion, config)) {
    return denied('drop', 'window expired');
  }
  const parent = await findParent(number, context, signal);
  if (!batch.matchesParent(parent.hash)) return denied('drop', 'parent hash');
  if (batch.firstEpochNumber > parent.l1Origin.number + 1n) {
    return denied('drop', 'epoch too far ahead');
  }
  const last = l1Blocks.find((block) => block.number === batch.lastEpochNumber);
  if (last === undefined) return denied('undecided', 'more L1 blocks needed');
  if (!batch.matchesOrigin(last.hash)) return denied('drop', 'epoch hash');
  if (batch.firstEpochNumber < parent.l1Origin.number) return denied('drop', 'epoch too old');
  return { validity: 'accept', parent };
}

function checkStart(batch: SpanBatch, context: BatchContext): PrefixJudgement | null {
  const { config, l1Blocks } = context;
  const [epoch, nextEpoch] = l1Blocks;
  if (epoch === undefined) return denied('undecided', 'no L1 blocks');
  const isNext = batch.firstEpochNumber === epoch.number + 1n;
  if (isNext && nextEpoch === undefined) return denied('undecided', 'next L1 block needed');
  const origin = isNext && nextEpoch !== undefined ? nextEpoch : epoch;
  if (!isActive(config, 'delta', origin.timestamp)) return denied('drop', 'before Delta');
  const order = checkOrder(batch.timestamp, batch.lastTimestamp, context);
  return order === null ? null : { ...order, validity: denial(order) };
}

function denial(judgement: Judgement): Exclude<Judgement['validity'], 'accept'> {
  return judgement.validity === 'accept' ? 'drop' : judgement.validity;
}

/** Number of the block before the batch: of the safe head, or of an older one where blocks of the batch are safe already. */
function parentNumber(
  batch: SpanBatch,
  { config, safeHead }: BatchContext,
): bigint | Exclude<PrefixJudgement, { validity: 'accept' }> {
  if (batch.timestamp >= safeHead.timestamp + config.blockTime) return safeHead.number;
  // Negative between the safe head and the next block, which is misaligned like any other rest.
  const overlap = safeHead.timestamp - batch.timestamp;
  if (overlap % config.blockTime !== 0n) return denied('drop', 'misaligned timestamp');
  const number = safeHead.number - overlap / config.blockTime - 1n;
  // op-node asks for a block that no chain has, and leaves the batch out because it does not get it.
  return number < config.genesis.l2.number ? denied('undecided', 'begins at genesis') : number;
}

async function findParent(
  number: bigint,
  { safeHead, l2 }: BatchContext,
  signal: AbortSignal,
): Promise<L2BlockRef> {
  if (number === safeHead.number) return safeHead;
  const parent = await l2.l2BlockRefByNumber(number, signal);
  if (parent === null) throw missingSafeBlock({ number });
  return parent;
}

/**
 * All checks of a span batch, as they are made before Holocene: it is taken or left as a whole.
 * op-node `rollup/derive/batches.go` checkSpanBatch.
 * @throws NodeError temporary where L2 cannot tell; the check can be made again.
 */
export async function checkSpanBatch(
  batch: SpanBatch,
  context: BatchContext,
  signal: AbortSignal,
): Promise<Judgement> {
  const prefix = await checkSpanPrefix(batch, context, signal);
  if (prefix.validity !== 'accept') return prefix;
  return (
    (await inTurns(checkBlocks(batch, context, prefix.parent), context.turn, signal)) ??
    (await checkOverlap(batch, context, prefix.parent, signal)) ??
    ACCEPTED
  );
}

/** About a millisecond's, blocks and transactions counted alike. */
const CHECKS_PER_SLICE = 4096;

function* checkBlocks(
  batch: SpanBatch,
  context: BatchContext,
  parent: L2BlockRef,
): Sliced<Judgement | null> {
  const { l1Blocks, safeHead } = context;
  const first = batch.firstAfter(safeHead.timestamp);
  let originIndex = 0;
  let epochBefore = first === 0 ? parent.l1Origin.number : batch.epochNumber(first - 1);
  let checks = 0;
  for (let index = first; index < batch.blockCount; index++) {
    const block = batch.block(index);
    originIndex = findOrigin(l1Blocks, block.epochNumber, originIndex);
    const failed = checkBlock(block, context, { originIndex, epochBefore });
    if (failed !== null) return failed;
    epochBefore = block.epochNumber;
    checks += 1 + block.transactions.length;
    if (checks < CHECKS_PER_SLICE) continue;
    checks = 0;
    yield;
  }
  return null;
}

/** @param place index of its origin in the L1 blocks, and the epoch of the block before it. */
function checkBlock(
  { timestamp, epochNumber, transactions }: SpanBlock,
  { config, l1Blocks, safeHead }: BatchContext,
  { originIndex, epochBefore }: { readonly originIndex: number; readonly epochBefore: bigint },
): Judgement | null {
  if (epochNumber < safeHead.l1Origin.number) return judged('drop', 'epoch too old');
  const origin = l1Blocks[originIndex];
  if (origin === undefined) return judged('drop', 'L1 origin not found');
  if (timestamp < origin.timestamp) return judged('drop', 'before its L1 origin');
  const drift = checkDrift(timestamp, transactions.length, config, {
    origin,
    mayAdopt: epochNumber > epochBefore ? null : { next: l1Blocks[originIndex + 1] },
  });
  return drift ?? checkTransactions(transactions, timestamp, config);
}

/** Index from `from` on of the L1 block with that number; beyond the end when there is none. */
export function findOrigin(l1Blocks: readonly L1BlockRef[], number: bigint, from: number): number {
  let index = from;
  while (index < l1Blocks.length && l1Blocks[index]?.number !== number) index++;
  return index;
}

function denied(
  validity: Exclude<Judgement['validity'], 'accept'>,
  why: string,
): Exclude<PrefixJudgement, { validity: 'accept' }> {
  return { validity, why };
}
