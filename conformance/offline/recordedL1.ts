import type { CanonicalL1 } from '../../src/derive/ports.js';
import { hexToBytes } from '../../src/rollup/bytes.js';
import { encodeRpcTransactionBytes } from '../../src/rollup/txCodec.js';
import type { Address, Hash, L1BlockRef } from '../../src/types/block.js';
import { ZERO_L1_REF } from '../../src/types/block.js';
import type { L1HeaderInfo, L1Receipt, L1Transaction } from '../../src/types/l1Block.js';
import type { L1Entry } from '../recorded.js';

/** A recorded L1 block in the shapes that derivation reads. */
export interface RecordedL1Block {
  readonly info: L1HeaderInfo;
  readonly receipts: readonly L1Receipt[];
  readonly transactions: readonly L1Transaction[];
  readonly blobs: ReadonlyMap<Hash, Uint8Array>;
}

/** A recorded L1 chain, up to a head that the caller moves. Answers without waiting. */
export class RecordedL1 {
  /** Blocks above are not there yet. */
  head: bigint;
  private readonly byNumber = new Map<bigint, RecordedL1Block>();
  private readonly byHash = new Map<Hash, RecordedL1Block>();

  constructor(entries: readonly L1Entry[]) {
    this.head = -1n;
    this.extend(entries);
  }

  /** Replaces the chain from the first entry's height on: an L1 reorg when there were blocks. The head follows. */
  extend(entries: readonly L1Entry[]): void {
    const blocks = entries.map(convert);
    const [first] = blocks;
    for (const number of this.byNumber.keys()) {
      if (first !== undefined && number >= first.info.number) this.byNumber.delete(number);
    }
    for (const block of blocks) {
      this.byNumber.set(block.info.number, block);
      this.byHash.set(block.info.hash, block);
      this.head = block.info.number;
    }
  }

  /** The chain as it stands. */
  get canonical(): CanonicalL1 {
    return {
      head: () => refOf(this.byNumber.get(this.head)) ?? ZERO_L1_REF,
      l1BlockRefByNumber: (number) => this.l1BlockRefByNumber(number),
    };
  }

  async l1BlockRefByNumber(number: bigint): Promise<L1BlockRef | null> {
    return number > this.head ? null : refOf(this.byNumber.get(number));
  }

  async l1BlockRefByHash(hash: Hash): Promise<L1BlockRef | null> {
    return refOf(this.byHash.get(hash));
  }

  async l1InfoByHash(hash: Hash): Promise<L1HeaderInfo | null> {
    return this.byHash.get(hash)?.info ?? null;
  }

  async l1ReceiptsByHash(hash: Hash): Promise<readonly L1Receipt[] | null> {
    return this.byHash.get(hash)?.receipts ?? null;
  }

  async l1TransactionsByHash(hash: Hash): Promise<readonly L1Transaction[] | null> {
    return this.byHash.get(hash)?.transactions ?? null;
  }

  /** The encoded transactions at these places of a block; null where it has none there. */
  async l1TransactionsAt(
    hash: Hash,
    places: readonly number[],
  ): Promise<readonly Uint8Array[] | null> {
    const transactions = this.byHash.get(hash)?.transactions;
    const found = places.flatMap((place) => transactions?.[place]?.encoded ?? []);
    return found.length === places.length ? found : null;
  }

  async blobsByHash(
    block: L1BlockRef,
    versionedHashes: readonly Hash[],
  ): Promise<readonly Uint8Array[] | null> {
    const blobs = this.byHash.get(block.hash)?.blobs;
    const found = versionedHashes.flatMap((hash) => blobs?.get(hash) ?? []);
    return found.length === versionedHashes.length ? found : null;
  }
}

function refOf(block: RecordedL1Block | undefined): L1BlockRef | null {
  if (block === undefined) return null;
  const { hash, number, parentHash, timestamp } = block.info;
  return { hash, number, parentHash, timestamp };
}

function convert(entry: L1Entry): RecordedL1Block {
  const { block } = entry;
  const blobs = (entry.blobs ?? []).map(
    ({ versioned_hash, blob }) => [versioned_hash as Hash, bytes(blob)] as const,
  );
  return {
    info: {
      hash: block.hash as Hash,
      number: BigInt(block.number),
      parentHash: block.parentHash as Hash,
      timestamp: BigInt(block.timestamp),
      prevRandao: block.mixHash as Hash,
      baseFee: BigInt(String(block.baseFeePerGas)),
      excessBlobGas: block.excessBlobGas === undefined ? null : BigInt(String(block.excessBlobGas)),
      parentBeaconBlockRoot: (block.parentBeaconBlockRoot as Hash | undefined) ?? null,
    },
    receipts: entry.receipts.map((receipt) => ({
      isSuccess: receipt.status === '0x1',
      logs: receipt.logs.map((log) => ({
        address: log.address as Address,
        topics: log.topics as readonly Hash[],
        data: log.data as Hash,
        blockHash: log.blockHash as Hash,
        logIndex: BigInt(String(log.logIndex)),
      })),
    })),
    transactions: block.transactions.map((tx) => ({
      to: (tx.to as Address | undefined) ?? null,
      encoded: encodeRpcTransactionBytes(tx),
    })),
    blobs: new Map(blobs),
  };
}

function bytes(hex: string): Uint8Array {
  const decoded = hexToBytes(hex);
  if (decoded === null) throw new Error('recording has hex that is none');
  return decoded;
}
