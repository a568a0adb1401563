import { bytesToHex } from '../../rollup/bytes.js';
import { isActive } from '../../rollup/forks.js';
import type { Sliced } from '../../rollup/slices.js';
import { inTurns } from '../../rollup/slices.js';
import { DEPOSIT_TX_TYPE, transactionType } from '../../rollup/txCodec.js';
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

/** The verdict on a span batch's prefix, and on `accept` the L2 block that its first block builds on. */
export type PrefixJudgement =
  | (Judgement & { readonly validity: Exclude<Judgement['validity'], 'accept'> })
  | { readonly validity: 'accept'; readonly parent: L2BlockRef };

/**
 * The checks that look at a span batch as a whole: from Holocene on all there are before its blocks are tried one by
 * one. Spec: protocol/holocene/derivation, "Span Batches"; op-node `rollup/derive/batches.go` checkSpanBatchPrefix.
 * @throws what the L2 source throws; the check can be made again.
 */
export async function checkSpanPrefix(
  batch: SpanBatch,
  context: BatchContext,
  signal: AbortSignal,
): Promise<PrefixJudgement> {
  const { config, l1Blocks, inclusion } = context;
  const start = checkStart(batch, context);
  if (start !== null) return start;
  const parent = await findParent(batch, context, signal);
  if ('validity' in parent) return parent;
  if (!batch.matchesParent(parent.hash)) return denied('drop', 'parent hash');
  if (isWindowExpired(batch.firstEpochNumber, inclusion, config)) {
    return denied('drop', 'window expired');
  }
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

/** The safe head, or an older block where the batch begins with blocks that are safe already. */
async function findParent(
  batch: SpanBatch,
  { config, safeHead, l2 }: BatchContext,
  signal: AbortSignal,
): Promise<L2BlockRef | Exclude<PrefixJudgement, { validity: 'accept' }>> {
  if (batch.timestamp >= safeHead.timestamp + config.blockTime) return safeHead;
  // Negative between the safe head and the next block, which is misaligned like any other rest.
  const overlap = safeHead.timestamp - batch.timestamp;
  if (overlap % config.blockTime !== 0n) return denied('drop', 'misaligned timestamp');
  const number = safeHead.number - overlap / config.blockTime - 1n;
  const parent = number < 0n ? null : await l2.l2BlockRefByNumber(number, signal);
  return parent ?? denied('undecided', 'parent block not found');
}

/**
 * All checks of a span batch, as they are made before Holocene: it is taken or left as a whole.
 * op-node `rollup/derive/batches.go` checkSpanBatch.
 * @throws what the L2 source throws; the check can be made again.
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

/** Blocks that are safe already must be the same in the batch. */
async function checkOverlap(
  batch: SpanBatch,
  context: BatchContext,
  parent: L2BlockRef,
  signal: AbortSignal,
): Promise<Judgement | null> {
  const { safeHead } = context;
  const overlapping = Number(safeHead.number - parent.number);
  for (let index = 0; index < overlapping; index++) {
    const block = { index, number: parent.number + BigInt(index) + 1n };
    const failed = await checkSafeBlock(batch, block, context, signal);
    if (failed !== null) return failed;
  }
  return null;
}

/** @param block which one of the batch, and its number on our chain. */
async function checkSafeBlock(
  batch: SpanBatch,
  { index, number }: { readonly index: number; readonly number: bigint },
  { l2 }: BatchContext,
  signal: AbortSignal,
): Promise<Judgement | null> {
  const payload = await l2.payloadByNumber(number, signal);
  const ref = await l2.l2BlockRefByNumber(number, signal);
  if (payload === null || ref === null) return judged('undecided', 'overlapped block not found');
  const deposits = payload.transactions.filter((tx) => transactionType(tx) === DEPOSIT_TX_TYPE);
  const safeTxs = payload.transactions.slice(deposits.length);
  const batchTxs = batch.blockTransactions(index);
  if (safeTxs.length !== batchTxs.length) return judged('drop', 'overlapped transaction count');
  if (batchTxs.some((tx, i) => bytesToHex(tx) !== safeTxs[i])) {
    return judged('drop', 'overlapped transaction');
  }
  if (ref.l1Origin.number !== batch.epochNumber(index)) return judged('drop', 'overlapped origin');
  return null;
}

function denied(
  validity: Exclude<Judgement['validity'], 'accept'>,
  why: string,
): Exclude<PrefixJudgement, { validity: 'accept' }> {
  return { validity, why };
}
