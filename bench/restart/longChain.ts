import type { Hex } from 'viem';
import type { BlockJson, IdJson, L1RefJson, L2RefJson } from '../../conformance/recorded.js';
import type { BlockHeader } from '../../src/rollup/blockHeader.js';
import { computeHeaderHash, EMPTY_UNCLES_HASH } from '../../src/rollup/blockHeader.js';
import { bytesToHex, hexToBytes } from '../../src/rollup/bytes.js';
import { depositSourceHash, L1_INFO_DOMAIN } from '../../src/rollup/depositTx.js';
import { encodeL1Info } from '../../src/rollup/l1Info.js';
import { EMPTY_TRIE_ROOT, orderedTrieRoot } from '../../src/rollup/trieRoot.js';
import { encodeRpcTransactionBytes, transactionHash } from '../../src/rollup/txCodec.js';
import type { Address, Hash } from '../../src/types/block.js';

export const L1_BLOCK_TIME_SEC = 12;
export const L2_BLOCK_TIME_SEC = 2;
const L2_PER_L1 = L1_BLOCK_TIME_SEC / L2_BLOCK_TIME_SEC;
const ZERO: Hash = `0x${'0'.repeat(64)}`;
const NOBODY: Address = `0x${'0'.repeat(40)}`;
const DEPOSITOR: Address = '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001';
const L1_BLOCK_CONTRACT: Address = '0x4200000000000000000000000000000000000015';

/**
 * An L1 and an L2 that never stopped, made up as far as a node asks for them when it starts: every hash, link and L1 origin
 * is right, L1 blocks are empty, L2 blocks hold their L1 info transaction, and nothing was executed.
 */
export class LongChain {
  private readonly l1Hashes: Hash[] = [];
  private readonly l2Hashes: Hash[] = [];
  private readonly l1Heights = new Map<string, number>();
  private readonly l2Heights = new Map<string, number>();

  /** @param genesisSec Unix time of both genesis blocks. @param seconds how long both chains are. */
  constructor(
    readonly genesisSec: number,
    seconds: number,
  ) {
    for (let number = 0; number <= seconds / L1_BLOCK_TIME_SEC; number++) {
      const hash = computeHeaderHash(this.l1Header(number));
      this.l1Hashes.push(hash);
      this.l1Heights.set(hash, number);
    }
    for (let number = 0; number <= seconds / L2_BLOCK_TIME_SEC; number++) {
      const hash = computeHeaderHash(this.l2Header(number));
      this.l2Hashes.push(hash);
      this.l2Heights.set(hash, number);
    }
  }

  get l1Head(): number {
    return this.l1Hashes.length - 1;
  }

  get l2Head(): number {
    return this.l2Hashes.length - 1;
  }

  /** Height of an L1 block by its hash. */
  l1Height(hash: string): number | undefined {
    return this.l1Heights.get(hash);
  }

  l2Height(hash: string): number | undefined {
    return this.l2Heights.get(hash);
  }

  /** As `eth_getBlockBy*` answers; null above the head. */
  l1Block(number: number): BlockJson | null {
    const hash = this.l1Hashes[number];
    return hash === undefined ? null : blockJson(this.l1Header(number), hash, []);
  }

  l2Block(number: number, full: boolean): BlockJson | null {
    const hash = this.l2Hashes[number];
    if (hash === undefined) return null;
    const transactions = this.transactions(number);
    return blockJson(
      this.l2Header(number),
      hash,
      full ? transactions : transactions.map((t) => t.hash),
    );
  }

  l1Ref(number: number): L1RefJson {
    const hash = this.l1Hashes[number] ?? ZERO;
    const parentHash = this.l1Hashes[number - 1] ?? ZERO;
    return { hash, number, parentHash, timestamp: this.genesisSec + number * L1_BLOCK_TIME_SEC };
  }

  l2Ref(number: number): L2RefJson {
    return {
      hash: this.l2Hashes[number] ?? ZERO,
      number,
      parentHash: this.l2Hashes[number - 1] ?? ZERO,
      timestamp: this.genesisSec + number * L2_BLOCK_TIME_SEC,
      l1origin: this.originOf(number),
      sequenceNumber: number % L2_PER_L1,
    };
  }

  private originOf(number: number): IdJson {
    const origin = Math.floor(number / L2_PER_L1);
    return { hash: this.l1Hashes[origin] ?? ZERO, number: origin };
  }

  private l1Header(number: number): BlockHeader {
    const parentHash = this.l1Hashes[number - 1] ?? ZERO;
    return { ...header(number, parentHash), timestamp: BigInt(this.l1Ref(number).timestamp) };
  }

  private l2Header(number: number): BlockHeader {
    const { parentHash, timestamp } = this.l2Ref(number);
    const transactions = this.transactions(number).map(encodeRpcTransactionBytes);
    return {
      ...header(number, parentHash as Hash),
      timestamp: BigInt(timestamp),
      transactionsRoot: orderedTrieRoot(transactions),
      gasUsed: 50_000n,
    };
  }

  private transactions(number: number): readonly { readonly hash: Hash }[] {
    if (number === 0) return [];
    const { l1origin, sequenceNumber } = this.l2Ref(number);
    const origin = l1origin.hash as Hash;
    const input = encodeL1Info('ecotone', {
      number: BigInt(l1origin.number),
      time: BigInt(this.l1Ref(l1origin.number).timestamp),
      ...{ baseFee: 7n, blobBaseFee: 1n, blockHash: origin, batcherAddr: NOBODY },
      sequenceNumber: BigInt(sequenceNumber),
      ...{ baseFeeScalar: 1, blobBaseFeeScalar: 1, l1FeeOverhead: ZERO, l1FeeScalar: ZERO },
      ...{ operatorFeeScalar: 0, operatorFeeConstant: 0n, daFootprintGasScalar: 0 },
    });
    const hashBytes = hexToBytes(origin) ?? new Uint8Array(32);
    const sourceHash = depositSourceHash(L1_INFO_DOMAIN, hashBytes, BigInt(sequenceNumber));
    const deposit = {
      ...{ type: '0x7e', from: DEPOSITOR, to: L1_BLOCK_CONTRACT, mint: '0x0', value: '0x0' },
      ...{ gas: '0xf4240', isSystemTx: false, nonce: '0x0', input },
      sourceHash: bytesToHex(sourceHash),
    };
    return [{ ...deposit, hash: transactionHash(encodeRpcTransactionBytes(deposit)) }];
  }
}

function header(number: number, parentHash: Hash): BlockHeader {
  return {
    ...{ parentHash, number: BigInt(number), timestamp: 0n, unclesHash: EMPTY_UNCLES_HASH },
    ...{ miner: NOBODY, stateRoot: ZERO, mixHash: ZERO, nonce: '0x0000000000000000' },
    ...{ transactionsRoot: EMPTY_TRIE_ROOT, receiptsRoot: EMPTY_TRIE_ROOT },
    ...{ logsBloom: `0x${'0'.repeat(512)}`, extraData: '0x', difficulty: 0n },
    ...{ gasLimit: 30_000_000n, gasUsed: 0n, baseFeePerGas: 7n },
    withdrawalsRoot: EMPTY_TRIE_ROOT,
    ...{ blobGasUsed: 0n, excessBlobGas: 0n, parentBeaconBlockRoot: ZERO },
  };
}

function blockJson(
  { unclesHash, ...fields }: BlockHeader,
  hash: Hash,
  transactions: readonly unknown[],
): BlockJson {
  const json = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? quantity(value) : value,
  ]);
  return {
    ...Object.fromEntries(json),
    ...{ hash, sha3Uncles: unclesHash, transactions, uncles: [], withdrawals: [], size: '0x1' },
  } as BlockJson;
}

function quantity(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}
