import { Buffer } from 'node:buffer';
import { MAX_SPAN_BATCH_ELEMENT_COUNT } from '../../rollup/chainLimits.js';
import { isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Sliced } from '../../rollup/slices.js';
import { forEachIndex } from '../../rollup/slices.js';
import { POST_EXEC_TX_TYPE } from '../../rollup/txCodec.js';
import type { Hash } from '../../types/block.js';
import type { Bits } from './bits.js';
import { bitAt, readBits } from './bits.js';
import { ByteReader, malformed, orNullSliced } from './byteReader.js';
import type { RawSpanTxs } from './spanBatchTxs.js';
import { fullSpanTxs, readSpanTxs } from './spanBatchTxs.js';

/** Bytes of a block hash that a span batch checks. */
const CHECK_LENGTH = 20;
/** About a millisecond's: of blocks whose numbers are read, and of those that are only counted over. */
const READS_PER_SLICE = 16_384;
const COUNTS_PER_SLICE = 131_072;
const TXS_PER_SLICE = 16_384;

/** A span batch as written: split into its parts, the transactions not put together yet. */
export interface RawSpanBatch {
  /** Seconds from L2 genesis to the first block, u64. */
  readonly relativeTimestamp: bigint;
  /** L1 origin of the last block. */
  readonly l1OriginNumber: bigint;
  readonly parentCheck: Uint8Array;
  readonly l1OriginCheck: Uint8Array;
  readonly blockCount: number;
  /** Bit i is set where block i has another L1 origin than the block before. */
  readonly originBits: Bits;
  readonly txCounts: Uint32Array;
  readonly txs: RawSpanTxs;
}

/**
 * Decodes a span batch behind its type byte. Bytes behind its last part are ignored, as op-node does.
 * Layout: relative timestamp, L1 origin number (uvarints), parent check, L1 origin check (20 bytes each), block count
 * (uvarint), origin bits, transaction count of each block (uvarints), transactions.
 * @returns null when malformed. Never throws. Memory is bounded by a small multiple of the input.
 * Spec: protocol/delta/span-batches, "Span Batch Format"; op-node `rollup/derive/span_batch.go`.
 */
export function decodeRawSpanBatch(data: Uint8Array): Sliced<RawSpanBatch | null> {
  return orNullSliced(readRawSpanBatch(new ByteReader(data)));
}

function* readRawSpanBatch(reader: ByteReader): Sliced<RawSpanBatch> {
  const relativeTimestamp = reader.uvarint();
  const l1OriginNumber = reader.uvarint();
  const parentCheck = reader.take(CHECK_LENGTH);
  const l1OriginCheck = reader.take(CHECK_LENGTH);
  const blockCount = reader.count(MAX_SPAN_BATCH_ELEMENT_COUNT);
  if (blockCount === 0) malformed('span batch without blocks');
  const originBits = readBits(reader, blockCount);
  const { txCounts, txCount } = yield* readTxCounts(reader, blockCount);
  if (txCount > MAX_SPAN_BATCH_ELEMENT_COUNT) malformed('too many transactions');
  const txs = yield* readSpanTxs(reader, txCount);
  return {
    relativeTimestamp,
    l1OriginNumber,
    parentCheck,
    l1OriginCheck,
    blockCount,
    originBits,
    txCounts,
    txs,
  };
}

function* readTxCounts(
  reader: ByteReader,
  blockCount: number,
): Sliced<{ readonly txCounts: Uint32Array; readonly txCount: number }> {
  // Each count takes at least one byte: check before allocating.
  if (reader.remaining < blockCount) malformed('unexpected end');
  const txCounts = new Uint32Array(blockCount);
  let txCount = 0;
  yield* forEachIndex(blockCount, READS_PER_SLICE, (index) => {
    const count = reader.count(MAX_SPAN_BATCH_ELEMENT_COUNT);
    txCounts[index] = count;
    txCount += count;
  });
  return { txCounts, txCount };
}

/** One block of a span batch. */
export interface SpanBlock {
  /** Number of the L1 origin. */
  readonly epochNumber: bigint;
  readonly timestamp: bigint;
  readonly transactions: readonly Uint8Array[];
}

/** What is made of a raw span batch for its blocks. */
export interface SpanBlocks {
  /** Of all blocks, in order. */
  readonly transactions: readonly Uint8Array[];
  /** Where block i's transactions begin. */
  readonly txStarts: Uint32Array;
  /** How many origins block i is before the last one. */
  readonly epochsBack: Uint32Array;
}

/** A span batch ready to be checked: blocks with absolute times and origins, whole transactions. */
export class SpanBatch {
  readonly type = 'span';
  readonly blockCount: number;
  /** Time of the first block; u64, wraps around like op-node's. */
  readonly timestamp: bigint;
  readonly firstEpochNumber: bigint;
  readonly lastEpochNumber: bigint;
  private readonly raw: RawSpanBatch;
  private readonly blockTime: bigint;
  private readonly transactions: readonly Uint8Array[];
  private readonly txStarts: Uint32Array;
  private readonly epochsBack: Uint32Array;

  constructor(
    raw: RawSpanBatch,
    config: Pick<RollupConfig, 'blockTime' | 'genesis'>,
    { transactions, txStarts, epochsBack }: SpanBlocks,
  ) {
    this.raw = raw;
    this.blockTime = config.blockTime;
    this.transactions = transactions;
    this.blockCount = raw.blockCount;
    this.timestamp = BigInt.asUintN(64, config.genesis.l2Time + raw.relativeTimestamp);
    this.txStarts = txStarts;
    this.epochsBack = epochsBack;
    this.lastEpochNumber = raw.l1OriginNumber;
    this.firstEpochNumber = this.epochNumber(0);
  }

  get lastTimestamp(): bigint {
    return this.blockTimestamp(this.blockCount - 1);
  }

  /** What the batch says of its parent's and its last origin's hashes: their first 20 bytes. */
  get checks(): { readonly parent: Uint8Array; readonly origin: Uint8Array } {
    return { parent: this.raw.parentCheck, origin: this.raw.l1OriginCheck };
  }

  get txCount(): number {
    return this.transactions.length;
  }

  /** Index of the first block later than that time: the number of blocks where none is. */
  firstAfter(timestamp: bigint): number {
    if (this.timestamp > timestamp) return 0;
    const index = (timestamp - this.timestamp) / this.blockTime + 1n;
    return index < BigInt(this.blockCount) ? Number(index) : this.blockCount;
  }

  blockTimestamp(index: number): bigint {
    return BigInt.asUintN(64, this.timestamp + this.blockTime * BigInt(index));
  }

  epochNumber(index: number): bigint {
    return BigInt.asUintN(64, this.raw.l1OriginNumber - BigInt(this.epochsBack[index] ?? 0));
  }

  blockTransactions(index: number): readonly Uint8Array[] {
    const start = this.txStarts[index] ?? 0;
    return this.transactions.slice(start, start + (this.raw.txCounts[index] ?? 0));
  }

  /** Index of the block that has this one of all transactions. */
  blockOf(txIndex: number): number {
    // The last block that begins at or before it: an empty block begins where the next one does.
    let low = 0;
    for (let high = this.blockCount; high - low > 1; ) {
      const middle = (low + high) >>> 1;
      if ((this.txStarts[middle] ?? 0) <= txIndex) low = middle;
      else high = middle;
    }
    return low;
  }

  block(index: number): SpanBlock {
    return {
      epochNumber: this.epochNumber(index),
      timestamp: this.blockTimestamp(index),
      transactions: this.blockTransactions(index),
    };
  }

  /** True when the hash begins with the parent check. */
  matchesParent(hash: Hash): boolean {
    return startsWithCheck(hash, this.raw.parentCheck);
  }

  /** True when the hash begins with the check of the last block's L1 origin. */
  matchesOrigin(hash: Hash): boolean {
    return startsWithCheck(hash, this.raw.l1OriginCheck);
  }
}

/**
 * Puts a decoded span batch together.
 * @returns null when a transaction in it is malformed or of a type that span batches cannot carry at the time of its
 * block, also where that block is safe already; the batch is dropped, the rest of its channel is read on. Never throws.
 * op-node `rollup/derive/span_batch.go` DeriveSpanBatch.
 */
export function* deriveSpanBatch(
  raw: RawSpanBatch,
  config: Pick<RollupConfig, 'blockTime' | 'genesis' | 'l2ChainId' | 'forks'>,
): Sliced<SpanBatch | null> {
  const transactions = yield* fullSpanTxs(raw.txs, config.l2ChainId);
  if (transactions === null) return null;
  const txStarts = yield* startsOf(raw.txCounts);
  const epochsBack = yield* epochsBackOf(raw);
  const batch = new SpanBatch(raw, config, { transactions, txStarts, epochsBack });
  return (yield* hasEarlyPostExec(batch, transactions, config)) ? null : batch;
}

/** A post-execution transaction in a block before Lagoon. */
function* hasEarlyPostExec(
  batch: SpanBatch,
  transactions: readonly Uint8Array[],
  config: Pick<RollupConfig, 'forks'>,
): Sliced<boolean> {
  let isFound = false;
  yield* forEachIndex(transactions.length, TXS_PER_SLICE, (index) => {
    isFound ||=
      transactions[index]?.[0] === POST_EXEC_TX_TYPE &&
      !isActive(config, 'lagoon', batch.blockTimestamp(batch.blockOf(index)));
  });
  return isFound;
}

function* startsOf(counts: Uint32Array): Sliced<Uint32Array> {
  const starts = new Uint32Array(counts.length);
  let start = 0;
  yield* forEachIndex(counts.length, COUNTS_PER_SLICE, (index) => {
    starts[index] = start;
    start += counts[index] ?? 0;
  });
  return starts;
}

/** The first bit does not count: it tells of the block before the batch. */
function* epochsBackOf({ blockCount, originBits }: RawSpanBatch): Sliced<Uint32Array> {
  const back = new Uint32Array(blockCount);
  let passed = 0;
  yield* forEachIndex(blockCount, COUNTS_PER_SLICE, (behind) => {
    const index = blockCount - 1 - behind;
    back[index] = passed;
    if (bitAt(originBits, index)) passed++;
  });
  return back;
}

function startsWithCheck(hash: Hash, check: Uint8Array): boolean {
  return hash.startsWith(Buffer.from(check).toString('hex'), 2);
}
