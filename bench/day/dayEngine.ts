import { EMPTY_UNCLES_HASH } from '../../src/rollup/blockHeader.js';
import { bytesToHex } from '../../src/rollup/bytes.js';
import { EMPTY_TRIE_ROOT } from '../../src/rollup/trieRoot.js';
import type { DayChain } from './dayChain.js';
import { DAY_L2_BLOCK_SEC, l2Hash, l2NumberOf } from './dayChain.js';
import type { TextMethods } from './textServer.js';

interface Attributes {
  readonly timestamp: string;
  readonly prevRandao: string;
  readonly suggestedFeeRecipient: string;
  readonly parentBeaconBlockRoot: string;
  readonly gasLimit: string;
  readonly transactions: readonly string[];
}

const ZERO_HASH = `0x${'0'.repeat(64)}`;
/** Jovian's: version, denominator 250, elasticity 6, no minimum of the base fee. */
const EXTRA_DATA = `0x01000000fa00000006${'0'.repeat(16)}`;
const FORKCHOICE = /^engine_forkchoiceUpdated/;
/** Those of earlier forks are named as well, for the node complains where an active fork lacks one. */
const METHODS = ['forkchoiceUpdated', 'newPayload', 'getPayload'].flatMap((name) =>
  ['V2', 'V3', 'V4'].map((version) => `engine_${name}${version}`),
);

/**
 * Stands in for an execution client that executes nothing: each block is valid at once, and has the hash that the chain
 * says. Attributes must be those of the chain, or it answers with an error that says which are not.
 */
export class DayEngine {
  private readonly jobs = new Map<string, Attributes>();

  constructor(
    private readonly chain: DayChain,
    private readonly genesisSec: number,
  ) {}

  readonly methods: TextMethods = (method, params) => {
    if (FORKCHOICE.test(method)) return this.forkchoice(params);
    switch (method) {
      case 'engine_exchangeCapabilities':
        return JSON.stringify(METHODS);
      case 'engine_getPayloadV4':
        return this.payload(String(params[0]));
      case 'engine_newPayloadV4':
        return validText((params[0] as { readonly blockHash: string }).blockHash);
      case 'eth_chainId':
        return JSON.stringify(`0x${this.chain.config.l2ChainId.toString(16)}`);
      case 'eth_getBlockByNumber':
      case 'eth_getBlockByHash':
        return this.genesis(params[0]);
      default:
        return undefined;
    }
  };

  private forkchoice([state, attributes]: readonly unknown[]): string {
    const { headBlockHash } = state as { readonly headBlockHash: string };
    const id = attributes === null ? null : this.start(headBlockHash, attributes as Attributes);
    return `{"payloadStatus":${validText(headBlockHash)},"payloadId":${JSON.stringify(id)}}`;
  }

  private start(parentHash: string, attributes: Attributes): string {
    const number = l2NumberOf(parentHash) + 1;
    const wanted = this.chain.transactionsOf(number);
    const got = attributes.transactions;
    const [last, lastWanted] = [got.at(-1), wanted.at(-1)];
    const isWanted =
      got.length === wanted.length + 1 &&
      Number(attributes.timestamp) === this.timeOf(number) &&
      lastWanted !== undefined &&
      last === bytesToHex(lastWanted);
    // The node retries or stops, and the bench with it.
    if (!isWanted) throw new Error(`other attributes than those of block ${number}`);
    const id = `0x${number.toString(16).padStart(16, '0')}`;
    this.jobs.set(id, attributes);
    return id;
  }

  private payload(id: string): string {
    const attributes = this.jobs.get(id);
    if (attributes === undefined) throw new Error('unknown payload');
    this.jobs.delete(id);
    const number = Number(id);
    const { transactions, parentBeaconBlockRoot, timestamp, prevRandao, gasLimit } = attributes;
    const executionPayload = {
      ...{ parentHash: l2Hash(number - 1), feeRecipient: attributes.suggestedFeeRecipient },
      ...{ stateRoot: ZERO_HASH, receiptsRoot: ZERO_HASH, logsBloom: `0x${'0'.repeat(512)}` },
      ...{ prevRandao, blockNumber: `0x${number.toString(16)}`, gasLimit, gasUsed: '0x5208' },
      ...{ timestamp, extraData: EXTRA_DATA, baseFeePerGas: '0x7', blockHash: l2Hash(number) },
      ...{ transactions, withdrawals: [], blobGasUsed: '0x0', excessBlobGas: '0x0' },
      withdrawalsRoot: ZERO_HASH,
    };
    return JSON.stringify({
      ...{ executionPayload, blockValue: '0x0', executionRequests: [], parentBeaconBlockRoot },
      blobsBundle: { commitments: [], proofs: [], blobs: [] },
    });
  }

  private timeOf(number: number): number {
    return this.genesisSec + number * DAY_L2_BLOCK_SEC;
  }

  /** It has no other block that anybody could ask for by what it is asked for at a start. */
  private genesis(query: unknown): string {
    const isLabel = ['latest', 'safe', 'finalized', '0x0'].includes(String(query));
    if (!isLabel && query !== l2Hash(0)) return 'null';
    return JSON.stringify({
      ...{ hash: l2Hash(0), parentHash: ZERO_HASH, number: '0x0', nonce: '0x0000000000000000' },
      ...{ timestamp: `0x${this.genesisSec.toString(16)}`, extraData: EXTRA_DATA },
      ...{ sha3Uncles: EMPTY_UNCLES_HASH, miner: ZERO_HASH.slice(0, 42), stateRoot: ZERO_HASH },
      ...{ transactionsRoot: EMPTY_TRIE_ROOT, receiptsRoot: EMPTY_TRIE_ROOT, mixHash: ZERO_HASH },
      ...{ logsBloom: `0x${'0'.repeat(512)}`, difficulty: '0x0', gasLimit: '0x3938700' },
      ...{ gasUsed: '0x0', baseFeePerGas: '0x7', withdrawalsRoot: ZERO_HASH, uncles: [] },
      ...{ blobGasUsed: '0x0', excessBlobGas: '0x0', parentBeaconBlockRoot: ZERO_HASH },
      ...{ transactions: [], withdrawals: [], size: '0x1' },
    });
  }
}

function validText(hash: string): string {
  return `{"status":"VALID","latestValidHash":"${hash}","validationError":null}`;
}
