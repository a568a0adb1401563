import type { Hex } from 'viem';
import { l2Ref } from '../../conformance/l2Ref.js';
import { rawTransaction } from '../../conformance/rawTransaction.js';
import type {
  BlockJson,
  L1Entry,
  L2RefJson,
  SyncStatusJson,
  TransactionJson,
} from '../../conformance/recorded.js';
import type { World } from '../../conformance/world.js';
import type { DeriveRig } from '../../devnet/deriveRig.js';
import type { SingularBatch } from '../../src/derive/codec/batch.js';
import { hexToBytes } from '../../src/rollup/bytes.js';
import type { Hash } from '../../src/types/block.js';
import {
  type BadTransaction,
  badTransactions,
  goodTransaction,
  SENDER,
  type TransactionMaker,
} from './badTransactions.js';
import { WrittenL1 } from './writtenL1.js';

/** In world `forks`: the last L1 block before Holocene, and the last L2 block that is written up to there. */
const BEFORE_HOLOCENE = 26;
const LAST_RECORDED = 31;
/** Enough for all of them. */
const CASES_A_BLOCK = 3;

const DEPOSIT = '0x7e';
const POST_EXEC = '0x7d';

/** Flags of a node that derives what is written. */
export const READS_WRITTEN_L1 = ['--l1.trustrpc', '--l1.http-poll-interval=50ms'] as const;

/**
 * Batches with bad transactions, each kind alone and between good ones, on the L1 of world `forks`. Up to Holocene they are
 * in one channel, each before the recorded batch of its block; afterwards each is in a channel of its own, before a good one
 * for the same block. The last batch is good.
 */
export class BadBatches {
  readonly l1: WrittenL1;
  readonly #world: World;
  readonly #names: readonly string[] | null;

  /** @param names of the kinds of transactions; null for all. */
  constructor(world: World, names: readonly string[] | null) {
    this.#world = world;
    this.#names = names;
    this.l1 = new WrittenL1(world);
  }

  /**
   * Has the rig's node derive them while they are written: batches name the blocks that came of earlier ones.
   * @returns the safe heads: of the recorded part, then of each batch from Holocene on.
   */
  async derive(rig: DeriveRig): Promise<readonly L2RefJson[]> {
    await rig.startNode(READS_WRITTEN_L1);
    for (let number = 1; number < BEFORE_HOLOCENE; number += 1) this.l1.writeEmpty(number);
    await this.l1.write(BEFORE_HOLOCENE, await this.#beforeHolocene());
    rig.l1.chain.replace(this.l1.entries);
    const heads = [await safeHead(rig, LAST_RECORDED)];
    const maker = this.#makerUpon(LAST_RECORDED);
    const good = [await goodTransaction(maker)];
    for (const bad of await this.#cases(maker)) {
      // Jovian's first block takes no transactions, whatever they are.
      if (this.#isBeforeJovian(heads)) heads.push(await this.#next(rig, heads, [[]]));
      heads.push(await this.#next(rig, heads, [bad, good]));
    }
    heads.push(await this.#next(rig, heads, [good]));
    return heads;
  }

  #isBeforeJovian(heads: readonly L2RefJson[]): boolean {
    const { jovian_time, block_time } = this.#world.rollup;
    return Number(heads.at(-1)?.timestamp) + block_time === jovian_time;
  }

  async #next(
    rig: DeriveRig,
    heads: readonly L2RefJson[],
    batches: readonly (readonly Hex[])[],
  ): Promise<L2RefJson> {
    const parent = heads.at(-1) as L2RefJson;
    let l1Number = this.l1.entries.length + 1;
    const skipped: L1Entry[] = [];
    for (; !this.l1.hasRoom(l1Number); l1Number += 1) skipped.push(this.l1.writeEmpty(l1Number));
    const written = batches.map((transactions) => this.#batch(parent, transactions));
    rig.l1.chain.replace([...skipped, await this.l1.write(l1Number, written)]);
    return safeHead(rig, parent.number + 1);
  }

  /** Some cases before each recorded batch that has transactions, so that the chain goes on as recorded. */
  async #beforeHolocene(): Promise<readonly SingularBatch[]> {
    const batches: SingularBatch[] = [];
    let at = 0;
    for (let number = 1; number <= LAST_RECORDED; number += 1) {
      const block = this.#recorded(number);
      const parent = l2Ref(this.#recorded(number - 1), this.#world.rollup);
      const upon = { ...parent, l1origin: l2Ref(block, this.#world.rollup).l1origin };
      const sequenced = block.transactions
        .filter(({ type }) => type !== DEPOSIT)
        .map(rawTransaction);
      if (number > 1 && sequenced.length > 0) {
        const cases = await this.#cases(this.#makerUpon(number - 1));
        batches.push(...cases.slice(at, at + CASES_A_BLOCK).map((bad) => this.#batch(upon, bad)));
        at += CASES_A_BLOCK;
      }
      batches.push(this.#batch(upon, sequenced));
    }
    return batches;
  }

  /** Each kind alone and between good ones, in this order. */
  async #cases(maker: TransactionMaker): Promise<readonly (readonly Hex[])[]> {
    const later = { ...maker, nonce: maker.nonce + 1 };
    const [before, after] = [await goodTransaction(maker), await goodTransaction(later)];
    const [alone, between] = [await badTransactions(maker), await badTransactions(later)];
    return alone.flatMap((bad, index) => {
      if (!this.#isChosen(bad)) return [];
      return [[bad.raw], [before, between[index]?.raw ?? '0x', after]];
    });
  }

  #isChosen({ name, raw }: BadTransaction): boolean {
    // Batches with it are none at all, whatever an engine says.
    if (raw.startsWith(POST_EXEC)) return false;
    return this.#names === null || this.#names.includes(name);
  }

  /** For the block upon the recorded one, whose deposits come first. */
  #makerUpon(number: number): TransactionMaker {
    const isSent = ({ from }: TransactionJson) => from === SENDER.address.toLowerCase();
    const blocks = Array.from({ length: number }, (_, index) => this.#recorded(index + 1));
    const next = this.#recorded(number + 1).transactions.filter(({ type }) => type === DEPOSIT);
    const nonce = [...blocks.flatMap(({ transactions }) => transactions), ...next].filter(isSent);
    return {
      nonce: nonce.length,
      chainId: this.#world.rollup.l2_chain_id,
      blockGasLimit: BigInt(String(this.#recorded(number).gasLimit)),
    };
  }

  #recorded(number: number): BlockJson {
    const block = this.#world.l2[number];
    if (block === undefined) throw new Error(`no L2 block ${number} is recorded`);
    return block;
  }

  /** Keeps the L1 origin. */
  #batch(parent: L2RefJson, transactions: readonly Hex[]): SingularBatch {
    return {
      type: 'singular',
      parentHash: parent.hash as Hash,
      epochNumber: BigInt(parent.l1origin.number),
      epochHash: parent.l1origin.hash as Hash,
      timestamp: BigInt(parent.timestamp + this.#world.rollup.block_time),
      transactions: transactions.map((tx) => hexToBytes(tx) ?? new Uint8Array(0)),
    };
  }
}

/** The safe head once it is of this height. */
async function safeHead(rig: DeriveRig, number: number): Promise<L2RefJson> {
  const isThere = ({ safe_l2 }: SyncStatusJson) => safe_l2.number === number;
  return (await rig.reach(`L2 block ${number} is safe`, isThere)).safe_l2;
}
