import type { L1Entry, TransactionJson } from '../../conformance/recorded.js';
import type { SingularBatch } from '../../src/derive/batch.js';
import { isActive } from '../../src/rollup/forks.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { BatcherShape } from './batcherData.js';
import { encodeBatcherPieces } from './batcherData.js';
import type { BatcherTransaction, BatcherTransactions } from './batcherTransactions.js';

/** An L2 block to write, and the L1 block at which it is known to be in time. */
export interface BlockToWrite {
  readonly input: SingularBatch;
  readonly isFirstOfEpoch: boolean;
  readonly l1Number: number;
}

/** Draws a whole number from 0 to below `bound`. */
export type Draw = (bound: number) => number;

/**
 * A recorded L1 with the batcher's transactions replaced: the same L2 blocks, written in shapes that are drawn anew
 * (groups of blocks, singular or span, compression, frame sizes, calldata or blobs), each allowed at its L1 block.
 * Headers and receipts stay, so that roots no longer fit: for readers that do not check them.
 * @param blocks consecutive, in order.
 */
export async function reencodeL1(
  entries: readonly L1Entry[],
  blocks: readonly BlockToWrite[],
  config: RollupConfig,
  transactions: BatcherTransactions,
  draw: Draw,
): Promise<readonly L1Entry[]> {
  const written = new Map<number, BatcherTransaction[]>();
  for (let at = 0, channel = 1; at < blocks.length; channel++) {
    const group = blocks.slice(at, at + 1 + draw(12));
    at += group.length;
    const last = group.at(-1);
    const entry = entries[last?.l1Number ?? 0];
    if (last === undefined || entry === undefined) break;
    const l1Time = BigInt(entry.block.timestamp);
    const pieces = encodeBatcherPieces(
      {
        blocks: group.map((block) => block.input),
        isFirstOfEpoch: group[0]?.isFirstOfEpoch ?? false,
        channelId: channel.toString(16).padStart(32, '0'),
        genesisTime: config.genesis.l2Time,
      },
      drawShape(config, l1Time, draw),
    );
    const usesBlobs = isActive(config, 'ecotone', l1Time) && draw(2) === 0;
    const made = usesBlobs
      ? await transactions.asBlobs(pieces)
      : await transactions.asCalldata(pieces);
    const before = written.get(last.l1Number) ?? [];
    written.set(last.l1Number, [...before, ...made]);
  }
  return entries.map((entry, number) => replaceBatches(entry, config, written.get(number) ?? []));
}

function drawShape(config: RollupConfig, l1Time: bigint, draw: Draw): BatcherShape {
  const isSpanAllowed = isActive(config, 'delta', l1Time);
  const isBrotliAllowed = isActive(config, 'fjord', l1Time);
  return {
    batch: isSpanAllowed && draw(2) === 0 ? 'span' : 'singular',
    compression: isBrotliAllowed && draw(2) === 0 ? 'brotli' : 'zlib',
    maxFrameBytes: [60, 300, 2000, 100_000][draw(4)] ?? 300,
    framesPerPiece: 1 + draw(4),
  };
}

function replaceBatches(
  entry: L1Entry,
  config: RollupConfig,
  made: readonly BatcherTransaction[],
): L1Entry {
  const kept = entry.block.transactions.filter(
    (tx) => String(tx.to).toLowerCase() !== config.batchInboxAddress,
  );
  const placed = made.map(
    ({ json }, index) =>
      ({
        ...json,
        blockHash: entry.block.hash,
        blockNumber: entry.block.number,
        transactionIndex: `0x${(kept.length + index).toString(16)}`,
      }) as unknown as TransactionJson,
  );
  const block = { ...entry.block, transactions: [...kept, ...placed] };
  const keptHashes = new Set(kept.map((tx) => tx.hash));
  const receipts = entry.receipts.filter((receipt) => keptHashes.has(receipt.transactionHash));
  return { ...entry, block, receipts, blobs: made.flatMap(({ blobs }) => blobs) };
}
