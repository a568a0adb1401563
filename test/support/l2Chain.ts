import type { Hex } from 'viem';
import { keccak256, toRlp } from 'viem';
import { encodeL1Info } from '../../src/rollup/l1Info.js';
import { payloadToBlockRef } from '../../src/rollup/l2BlockRef.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { Address, Hash, L1BlockRef, L2BlockRef } from '../../src/types/block.js';
import { ZERO_HASH } from '../../src/types/block.js';
import type { ExecutionPayloadEnvelope } from '../../src/types/payload.js';

const ZERO_ADDRESS: Address = `0x${'0'.repeat(40)}`;
const FEE_VAULT: Address = '0x4200000000000000000000000000000000000011';

/** A stable hash for a text: the same text gives the same hash. */
export function hashOf(text: string): Hash {
  return keccak256(`0x${Buffer.from(text).toString('hex')}`);
}

/** An L1 block of a made chain; another fork of the same height has another hash. */
export function l1Block(number: bigint, fork = ''): L1BlockRef {
  return {
    hash: l1Hash(number, fork),
    number,
    parentHash: number === 0n ? ZERO_HASH : l1Hash(number - 1n, fork),
    timestamp: 1_000n + number * 12n,
  };
}

function l1Hash(number: bigint, fork: string): Hash {
  return hashOf(`l1 ${fork} ${number}`);
}

/** The genesis block of the made chain. */
export const GENESIS_REF: L2BlockRef = {
  hash: hashOf('l2 genesis'),
  number: 0n,
  parentHash: ZERO_HASH,
  timestamp: 1_000n,
  l1Origin: { hash: l1Hash(0n, ''), number: 0n },
  sequenceNumber: 0n,
};

/** Bedrock and Regolith only, two-second blocks, a sequencing window of ten L1 blocks. */
export const TEST_ROLLUP: RollupConfig = {
  genesis: {
    l1: GENESIS_REF.l1Origin,
    l2: { hash: GENESIS_REF.hash, number: 0n },
    l2Time: GENESIS_REF.timestamp,
    systemConfig: {
      batcherAddr: ZERO_ADDRESS,
      overhead: ZERO_HASH,
      scalar: ZERO_HASH,
      gasLimit: 30_000_000n,
      eip1559Params: '0x0000000000000000',
      operatorFeeParams: ZERO_HASH,
      minBaseFee: 0n,
      daFootprintGasScalar: 0,
    },
  },
  blockTime: 2n,
  maxSequencerDrift: 600n,
  seqWindowSize: 10n,
  channelTimeout: 20n,
  l1ChainId: 900n,
  l2ChainId: 901n,
  forks: { regolith: 0n },
  batchInboxAddress: ZERO_ADDRESS,
  depositContractAddress: ZERO_ADDRESS,
  l1SystemConfigAddress: ZERO_ADDRESS,
  altDa: null,
  chainOpConfig: null,
  keepKarstUpgradeGas: false,
};

export interface MadeBlock {
  readonly ref: L2BlockRef;
  readonly envelope: ExecutionPayloadEnvelope;
}

export interface MakeBlockOptions {
  /** Blocks of the same parent with another fork name have another hash. */
  readonly fork?: string;
  /** L1 origin; by default a new epoch every three blocks. */
  readonly origin?: L1BlockRef;
  /** Transactions behind the L1 info deposit. */
  readonly transactions?: readonly Hex[];
}

/** An L1 info deposit in the Bedrock format, as the first transaction of a block. */
export function l1InfoDeposit(origin: L1BlockRef, sequenceNumber: bigint): Hex {
  const data = encodeL1Info('bedrock', {
    number: origin.number,
    time: origin.timestamp,
    baseFee: 7n,
    blockHash: origin.hash,
    sequenceNumber,
    batcherAddr: ZERO_ADDRESS,
    l1FeeOverhead: ZERO_HASH,
    l1FeeScalar: ZERO_HASH,
  } as Parameters<typeof encodeL1Info>[1]);
  const fields: Hex[] = [
    hashOf(`source ${origin.hash} ${sequenceNumber}`),
    '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001',
    '0x4200000000000000000000000000000000000015',
    '0x',
    '0x',
    '0x0f4240',
    '0x',
    data,
  ];
  return `0x7e${toRlp(fields).slice(2)}`;
}

/** The next block on a parent; its hash depends on parent, fork name and transactions. */
export function makeBlock(parent: L2BlockRef, options: MakeBlockOptions = {}): MadeBlock {
  const number = parent.number + 1n;
  const origin = options.origin ?? l1Block(number / 3n);
  const sequenceNumber = origin.hash === parent.l1Origin.hash ? parent.sequenceNumber + 1n : 0n;
  const transactions = [l1InfoDeposit(origin, sequenceNumber), ...(options.transactions ?? [])];
  const identity = `${parent.hash} ${options.fork ?? ''} ${transactions.join()}`;
  const envelope: ExecutionPayloadEnvelope = {
    executionPayload: {
      parentHash: parent.hash,
      feeRecipient: FEE_VAULT,
      stateRoot: hashOf(`state ${identity}`),
      receiptsRoot: hashOf(`receipts ${identity}`),
      logsBloom: `0x${'0'.repeat(512)}`,
      prevRandao: hashOf(`randao ${origin.hash}`),
      blockNumber: number,
      gasLimit: 30_000_000n,
      gasUsed: 46_000n,
      timestamp: parent.timestamp + TEST_ROLLUP.blockTime,
      extraData: '0x',
      baseFeePerGas: 7n,
      blockHash: hashOf(`l2 ${identity}`),
      transactions,
    },
  };
  return { envelope, ref: payloadToBlockRef(TEST_ROLLUP, envelope.executionPayload) };
}

/** `count` blocks on top of `parent`, lowest first. */
export function makeChain(parent: L2BlockRef, count: number, fork = ''): MadeBlock[] {
  const blocks: MadeBlock[] = [];
  for (let tip = parent; blocks.length < count; ) {
    const block = makeBlock(tip, { fork });
    blocks.push(block);
    tip = block.ref;
  }
  return blocks;
}
