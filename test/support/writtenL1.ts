import type { L1Entry, TransactionJson } from '../../conformance/recorded.js';
import type { World } from '../../conformance/world.js';
import { type BatcherShape, encodeBatcherPieces } from '../../devnet/batcher/batcherData.js';
import {
  BatcherTransactions,
  RECORDED_BATCHER_KEY,
} from '../../devnet/batcher/batcherTransactions.js';
import { encodeBatcherData } from '../../devnet/batcher/frames.js';
import type { SingularBatch } from '../../src/derive/codec/batch.js';
import { parseRollupConfig } from '../../src/rollup/config.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Address } from '../../src/types/block.js';

/** Nobody's: what is sent there is no batch. */
const ELSEWHERE: Address = `0x${'ee'.repeat(20)}`;
const IN_ONE_PIECE: BatcherShape = {
  ...{ batch: 'singular', compression: 'zlib' },
  ...{ maxFrameBytes: 500_000, framesPerPiece: 1 },
};

/**
 * Writes the batches of a recorded L1 anew: the recorded ones are sent elsewhere, or one makes room for a channel of ours.
 * Headers stay, so only a node that trusts the endpoint (`--l1.trustrpc`) reads it.
 */
export class WrittenL1 {
  /** What was written, in order. */
  readonly entries: L1Entry[] = [];
  readonly config: RollupConfig;
  readonly #world: World;
  readonly #transactions: BatcherTransactions;

  constructor(world: World) {
    this.#world = world;
    this.config = parseRollupConfig(JSON.stringify(world.rollup));
    this.#transactions = new BatcherTransactions({
      config: this.config,
      privateKey: RECORDED_BATCHER_KEY,
      hashBlob: () => {
        throw new Error('no blobs are written');
      },
    });
  }

  /** The recorded block without its batches. */
  writeEmpty(number: number): L1Entry {
    const { block, ...rest } = this.#recorded(number);
    const transactions = block.transactions.map((tx) => (this.#isBatch(tx) ? elsewhere(tx) : tx));
    return this.#kept({ ...rest, block: { ...block, transactions } });
  }

  /** The recorded block with one channel of these batches, in order, in place of its last one. */
  async write(number: number, batches: readonly SingularBatch[]): Promise<L1Entry> {
    const { block, receipts, ...rest } = this.#recorded(number);
    const at = block.transactions.findLastIndex((tx) => this.#isBatch(tx));
    const replaced = block.transactions[at];
    if (replaced === undefined) throw new Error(`L1 block ${number} has no batch to replace`);
    const json = await this.#channel(number, batches);
    const { blockHash, blockNumber, transactionIndex } = replaced;
    const ours = {
      ...json,
      blockHash,
      blockNumber,
      transactionIndex,
    } as unknown as TransactionJson;
    const transactions = block.transactions.map((tx, index) => {
      if (index === at) return ours;
      return this.#isBatch(tx) ? elsewhere(tx) : tx;
    });
    // Its root has no hashes of transactions in it.
    const written = receipts.map((receipt, index) =>
      index === at ? { ...receipt, transactionHash: ours.hash } : receipt,
    );
    return this.#kept({ ...rest, block: { ...block, transactions }, receipts: written });
  }

  /** Whether a channel can be written there. */
  hasRoom(number: number): boolean {
    return this.#recorded(number).block.transactions.some((tx) => this.#isBatch(tx));
  }

  #kept(entry: L1Entry): L1Entry {
    this.entries.push(entry);
    return entry;
  }

  #recorded(number: number): L1Entry {
    const recorded = this.#world.l1[number];
    if (recorded === undefined) throw new Error(`no L1 block ${number} is recorded`);
    return recorded;
  }

  #isBatch({ to }: TransactionJson): boolean {
    return String(to).toLowerCase() === this.config.batchInboxAddress;
  }

  async #channel(number: number, batches: readonly SingularBatch[]) {
    const channel = {
      blocks: batches,
      isFirstOfEpoch: false,
      channelId: number.toString(16).padStart(32, '0'),
      genesisTime: this.config.genesis.l2Time,
    };
    const pieces = encodeBatcherPieces(channel, IN_ONE_PIECE);
    const { json } = await this.#transactions.withCalldata(encodeBatcherData(pieces.flat()));
    return json;
  }
}

function elsewhere(tx: TransactionJson): TransactionJson {
  return { ...tx, to: ELSEWHERE };
}
