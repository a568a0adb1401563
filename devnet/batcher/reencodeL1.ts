import type { L1Entry, TransactionJson } from '../../conformance/recorded.js';
import type { SingularBatch } from '../../src/derive/codec/batch.js';
import { BLOB_SIZE } from '../../src/derive/codec/blob.js';
import type { Frame } from '../../src/derive/codec/frame.js';
import { isActive } from '../../src/rollup/forks.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Address } from '../../src/types/block.js';
import type { BatcherShape } from './batcherData.js';
import { encodeBatcherPieces } from './batcherData.js';
import type { BatcherTransaction, BatcherTransactions } from './batcherTransactions.js';
import { encodeBlob } from './blobs.js';
import { encodeBatcherData } from './frames.js';

/** An L2 block to write, and the L1 block at which it is known to be in time. */
export interface BlockToWrite {
  readonly input: SingularBatch;
  readonly isFirstOfEpoch: boolean;
  readonly l1Number: number;
}

/** Draws a whole number from 0 to below `bound`. */
type Draw = (bound: number) => number;

export interface ReencodeDeps {
  readonly config: RollupConfig;
  readonly transactions: BatcherTransactions;
  readonly draw: Draw;
}

/** Frames that go into one transaction or blob. */
type Piece = readonly Frame[];

/** What fills transactions that are not needed: ignored, as its version is not known. */
const JUNK = Uint8Array.of(1);

/**
 * A recorded L1 with the batcher's transactions replaced one by one: the same L2 blocks, written in shapes that are
 * drawn anew (groups of blocks, singular or span, compression, frame sizes), each allowed at its L1 block. Calldata stays
 * calldata and blobs stay blobs, so that headers and receipts fit; only the transactions root does not, which a reader
 * that trusts the endpoint does not look at.
 * @param blocks consecutive, in order.
 */
export async function reencodeL1(
  entries: readonly L1Entry[],
  blocks: readonly BlockToWrite[],
  { config, transactions, draw }: ReencodeDeps,
): Promise<readonly L1Entry[]> {
  const pieces = drawPieces(entries, blocks, config, draw);
  const replaced: L1Entry[] = [];
  for (const [number, entry] of entries.entries()) {
    replaced.push(await replaceBatches(entry, config, transactions, pieces.get(number) ?? []));
  }
  return replaced;
}

/** By L1 block: what is to be written there. */
function drawPieces(
  entries: readonly L1Entry[],
  blocks: readonly BlockToWrite[],
  config: RollupConfig,
  draw: Draw,
): ReadonlyMap<number, readonly Piece[]> {
  const pieces = new Map<number, readonly Piece[]>();
  for (let at = 0, channel = 1; at < blocks.length; channel++) {
    const group = blocks.slice(at, at + 1 + draw(12));
    at += group.length;
    const l1Number = group.at(-1)?.l1Number ?? 0;
    const l1Time = BigInt(entries[l1Number]?.block.timestamp ?? 0);
    const made = encodeBatcherPieces(
      {
        blocks: group.map((block) => block.input),
        isFirstOfEpoch: group[0]?.isFirstOfEpoch ?? false,
        channelId: channel.toString(16).padStart(32, '0'),
        genesisTime: config.genesis.l2Time,
      },
      drawShape(config, l1Time, draw),
    );
    pieces.set(l1Number, [...(pieces.get(l1Number) ?? []), ...made]);
  }
  return pieces;
}

function drawShape(config: RollupConfig, l1Time: bigint, draw: Draw): BatcherShape {
  const isSpanAllowed = isActive(config, 'delta', l1Time);
  const isBrotliAllowed = isActive(config, 'fjord', l1Time);
  return {
    batch: isSpanAllowed && draw(2) === 0 ? 'span' : 'singular',
    compression: isBrotliAllowed && draw(2) === 0 ? 'brotli' : 'zlib',
    // Four of the largest fit into a blob.
    maxFrameBytes: [60, 300, 2000, 30_000][draw(4)] ?? 300,
    framesPerPiece: 1 + draw(4),
  };
}

async function replaceBatches(
  entry: L1Entry,
  config: RollupConfig,
  transactions: BatcherTransactions,
  pieces: readonly Piece[],
): Promise<L1Entry> {
  const { batcherAddr } = config.genesis.systemConfig;
  const slots = entry.block.transactions.filter((tx) => isBatch(tx, config, batcherAddr));
  const made = new Map<string, BatcherTransaction>();
  let rest = pieces;
  for (const [index, slot] of slots.entries()) {
    const isLast = index === slots.length - 1;
    const taken = isLast ? rest : rest.slice(0, 1);
    rest = rest.slice(taken.length);
    made.set(slot.hash, await write(taken, slot.type === '0x3', transactions));
  }
  if (rest.length > 0) throw new Error(`no batcher transaction in L1 block ${entry.block.number}`);
  const written = entry.block.transactions.map((tx): TransactionJson => {
    const { blockHash, blockNumber, transactionIndex } = tx;
    const json = made.get(tx.hash)?.json;
    if (json === undefined) return tx;
    return { ...json, blockHash, blockNumber, transactionIndex } as unknown as TransactionJson;
  });
  const receipts = entry.receipts.map((receipt) => {
    const hash = made.get(receipt.transactionHash)?.json.hash;
    return hash === undefined ? receipt : { ...receipt, transactionHash: String(hash) };
  });
  const blobs = [...made.values()].flatMap((tx) => tx.blobs);
  return { ...entry, block: { ...entry.block, transactions: written }, receipts, blobs };
}

function isBatch(tx: TransactionJson, config: RollupConfig, batcher: Address): boolean {
  const [to, from] = [tx.to, tx.from].map((value) => String(value).toLowerCase());
  return to === config.batchInboxAddress && from === batcher;
}

async function write(
  pieces: readonly Piece[],
  isBlob: boolean,
  transactions: BatcherTransactions,
): Promise<BatcherTransaction> {
  if (!isBlob) {
    const frames = pieces.flat();
    return transactions.withCalldata(frames.length === 0 ? JUNK : encodeBatcherData(frames));
  }
  const bodies = pieces.map((piece) => encodeBlob(encodeBatcherData(piece)));
  return transactions.withBlobs(bodies.length === 0 ? [junkBlob()] : bodies);
}

/** A blob of an unknown encoding. */
function junkBlob(): Uint8Array {
  const blob = new Uint8Array(BLOB_SIZE);
  blob[1] = JUNK[0] ?? 1;
  return blob;
}
