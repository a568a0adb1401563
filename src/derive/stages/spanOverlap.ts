import type { Hex } from 'viem';
import { bytesToHex } from '../../rollup/bytes.js';
import type { BlockId, L2BlockRef } from '../../types/block.js';
import type { SpanBatch } from '../codec/spanBatch.js';
import type { BatchContext } from './batchContext.js';
import type { Judgement } from './batchRules.js';
import { judged } from './batchRules.js';
import type { SafeBlock } from './safeBlocks.js';
import { missingSafeBlock } from './safeBlocks.js';

/** About a millisecond's, blocks and transactions counted alike. */
const CHECKS_PER_SLICE = 4096;

/**
 * Blocks of a span batch that are safe already must be those of the safe chain: the same transactions beside deposits, on
 * the same L1 origin. Read from the safe head down; the first difference decides.
 * Spec: protocol/delta/span-batches, "Batch Queue"; op-node `rollup/derive/batches.go` checkSpanBatch.
 * @param parent what the batch's first block builds on, or the safe head where nothing overlaps.
 * @returns null when none differs.
 * @throws NodeError temporary where L2 cannot tell; the check can be made again.
 */
export async function checkOverlap(
  batch: SpanBatch,
  context: BatchContext,
  parent: L2BlockRef,
  signal: AbortSignal,
): Promise<Judgement | null> {
  const { safeHead, safeBlocks, turn } = context;
  let place: BlockId = safeHead;
  let checks = 0;
  for (let index = Number(safeHead.number - parent.number) - 1; index >= 0; index--) {
    const safe = await safeBlocks.get(place, signal);
    const failed = checkSafeBlock(batch, index, safe);
    if (failed !== null) return failed;
    place = { hash: safe.parentHash, number: place.number - 1n };
    checks += 1 + safe.transactions.length;
    if (checks < CHECKS_PER_SLICE) continue;
    checks = 0;
    await turn(signal);
  }
  if (place.hash !== parent.hash) throw missingSafeBlock(place);
  return null;
}

function checkSafeBlock(batch: SpanBatch, index: number, safe: SafeBlock): Judgement | null {
  const transactions = batch.blockTransactions(index);
  if (transactions.length !== safe.transactions.length) {
    return judged('drop', 'overlapped transaction count');
  }
  if (!transactions.every((tx, i) => isHexOf(safe.transactions[i], tx))) {
    return judged('drop', 'overlapped transaction');
  }
  if (batch.epochNumber(index) !== safe.epochNumber) return judged('drop', 'overlapped origin');
  return null;
}

/** A transaction of a batch may be far longer than that of a block: no hex is made of it then. */
function isHexOf(hex: Hex | undefined, bytes: Uint8Array): boolean {
  return hex?.length === 2 + 2 * bytes.length && bytesToHex(bytes) === hex;
}
