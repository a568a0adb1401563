import { decodeRpcReceipts } from '../../src/l1/receiptCodec.js';
import type { BlockHeader } from '../../src/rollup/blockHeader.js';
import {
  computeHeaderHash,
  EMPTY_REQUESTS_HASH,
  EMPTY_UNCLES_HASH,
} from '../../src/rollup/blockHeader.js';
import { bytesToHex } from '../../src/rollup/bytes.js';
import { keccakHash } from '../../src/rollup/keccak.js';
import { whole } from '../../src/rollup/slices.js';
import { EMPTY_TRIE_ROOT, orderedTrieRoot } from '../../src/rollup/trieRoot.js';
import { encodeRpcTransactionBytes } from '../../src/rollup/txCodec.js';
import type { Address, Hash } from '../../src/types/block.js';
import { DAY_L1_BLOCK_SEC, type DayConfig } from './dayConfig.js';

/** Gas of a transaction, whatever it does. */
const GAS = 90_000;
const LOGS_PER_TX = 2;
const ZERO: Hash = `0x${'0'.repeat(64)}`;
const NOBODY: Address = `0x${'0'.repeat(40)}`;
const BLOOM = `0x${'0'.repeat(512)}` as const;
/** Stand in texts for what differs from block to block. */
const HASH_MARK = `0x${'ee'.repeat(32)}`;
const NUMBER_MARK = '0xeeeeeeee';

type Json = Readonly<Record<string, unknown>>;

interface Encoded {
  readonly json: Json;
  readonly encoded: Uint8Array;
}

/** An L1 block; what is large in it is put together when it is asked for. */
export interface DayL1Block {
  readonly hash: Hash;
  /** As `eth_getBlockBy*` answers, with transactions or with their hashes. */
  json(isFull: boolean): string;
  /** As `eth_getBlockReceipts` answers. */
  receipts(): string;
}

/** Makes L1 blocks that all hold the same transactions of others, and the batcher's behind them. */
export class L1BlockMaker {
  private readonly others: readonly Encoded[];
  private readonly othersText: string;
  private readonly receiptsText: readonly string[];
  private readonly receiptsRoot: Hash;

  /** The batcher sends three transactions, or none. */
  constructor(private readonly config: DayConfig) {
    this.others = Array.from({ length: config.l1Transactions }, (_, index) => {
      const json = otherTransaction(config, index);
      const encoded = encodeRpcTransactionBytes(json);
      return { json: { ...json, hash: keccakHash(encoded) }, encoded };
    });
    this.othersText = this.others.map(({ json }) => JSON.stringify(json)).join(',');
    const types = [...this.others.map(() => '0x2'), '0x2', '0x3', '0x2'];
    const receipts = types.map((type, index) => receiptJson(type, index, this.others[index]));
    this.receiptsText = JSON.stringify(receipts).split(HASH_MARK);
    this.receiptsRoot = rootOf(receipts, this.others);
  }

  make(place: {
    readonly number: number;
    readonly parent: Hash | null;
    readonly batcher: readonly Encoded[];
  }): DayL1Block {
    const { number, parent, batcher } = place;
    const isEmpty = batcher.length === 0;
    const all = isEmpty ? [] : [...this.others, ...batcher];
    const header: BlockHeader = {
      ...emptyHeader(this.config, number),
      parentHash: parent ?? ZERO,
      ...(!isEmpty && {
        transactionsRoot: orderedTrieRoot(all.map(({ encoded }) => encoded)),
        receiptsRoot: this.receiptsRoot,
        gasUsed: BigInt(GAS * all.length),
      }),
    };
    const hash = computeHeaderHash(header);
    const own = batcher.map(({ json }) => JSON.stringify(json));
    const fields = JSON.stringify(headerJson(header, hash)).slice(0, -1);
    return {
      hash,
      json: (isFull) => {
        if (isEmpty) return `${fields},"transactions":[]}`;
        const texts = isFull
          ? [this.othersText, ...own]
          : all.map(({ json }) => JSON.stringify(json.hash));
        return `${fields},"transactions":[${texts.filter((text) => text !== '').join(',')}]}`;
      },
      receipts: () => {
        if (isEmpty) return '[]';
        const text = this.receiptsText.join(hash);
        return text.replaceAll(NUMBER_MARK, `0x${number.toString(16)}`);
      },
    };
  }
}

/** A token transfer of somebody, with noise in place of a signature. */
function otherTransaction({ l1ChainId }: DayConfig, index: number): Json {
  const noise = (what: string): Hash => keccakHash(Buffer.from(`${what} ${index}`));
  const amount = index.toString(16).padStart(64, '0');
  return {
    ...{ type: '0x2', chainId: `0x${l1ChainId.toString(16)}`, nonce: `0x${index.toString(16)}` },
    ...{ gas: '0x30d40', maxFeePerGas: '0x77359400', maxPriorityFeePerGas: '0x5f5e100' },
    ...{ gasPrice: '0x77359400', value: '0x0', accessList: [] },
    from: noise('from').slice(0, 42),
    to: noise('token').slice(0, 42),
    input: `0xa9059cbb${noise('receiver').slice(26).padStart(64, '0')}${amount}`,
    ...{ r: quantity(BigInt(noise('r'))), s: quantity(BigInt(noise('s'))), v: '0x0' },
    yParity: '0x0',
  };
}

function receiptJson(type: string, index: number, other: Encoded | undefined): Json {
  const transactionIndex = `0x${index.toString(16)}`;
  const place = { blockHash: HASH_MARK, blockNumber: NUMBER_MARK, transactionIndex };
  const transactionHash = other?.json.hash ?? ZERO;
  const logs = Array.from({ length: other === undefined ? 0 : LOGS_PER_TX }, (_, log) => ({
    ...{ ...place, transactionHash, removed: false },
    address: other?.json.to,
    topics: ['transfer', 'from', 'to'].map((what) => keccakHash(Buffer.from(`${what} ${log}`))),
    data: bytesToHex(new Uint8Array(32).fill(log)),
    logIndex: `0x${(index * LOGS_PER_TX + log).toString(16)}`,
  }));
  return {
    ...{ ...place, transactionHash, type, status: '0x1', logsBloom: BLOOM, logs },
    ...{ from: NOBODY, to: NOBODY, contractAddress: null, effectiveGasPrice: '0x1' },
    gasUsed: `0x${GAS.toString(16)}`,
    cumulativeGasUsed: `0x${(GAS * (index + 1)).toString(16)}`,
  };
}

/** Receipts commit to nothing of their block, so that the root is the same in all. */
function rootOf(receipts: readonly Json[], others: readonly Encoded[]): Hash {
  const context = {
    block: { hash: HASH_MARK as Hash, number: BigInt(NUMBER_MARK) },
    txHashes: receipts.map((_, index) => (others[index]?.json.hash ?? ZERO) as Hash),
  };
  const decoded = whole(decodeRpcReceipts(receipts, context));
  return orderedTrieRoot(decoded.map(({ encode }) => encode()));
}

function emptyHeader({ genesisSec }: DayConfig, number: number): BlockHeader {
  return {
    ...{ parentHash: ZERO, number: BigInt(number), unclesHash: EMPTY_UNCLES_HASH },
    ...{ miner: NOBODY, stateRoot: ZERO, mixHash: ZERO, nonce: '0x0000000000000000' },
    ...{ transactionsRoot: EMPTY_TRIE_ROOT, receiptsRoot: EMPTY_TRIE_ROOT, logsBloom: BLOOM },
    ...{ extraData: '0x', difficulty: 0n, gasLimit: 36_000_000n, gasUsed: 0n },
    timestamp: BigInt(genesisSec + number * DAY_L1_BLOCK_SEC),
    ...{ baseFeePerGas: 7n, withdrawalsRoot: EMPTY_TRIE_ROOT, blobGasUsed: 0n },
    ...{ excessBlobGas: 0n, parentBeaconBlockRoot: ZERO, requestsHash: EMPTY_REQUESTS_HASH },
  };
}

function headerJson({ unclesHash, ...fields }: BlockHeader, hash: Hash): Json {
  const json = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? quantity(value) : value,
  ]);
  return {
    ...Object.fromEntries(json),
    ...{ hash, sha3Uncles: unclesHash, uncles: [], withdrawals: [], size: '0x1' },
  };
}

function quantity(value: bigint): string {
  return `0x${value.toString(16)}`;
}
