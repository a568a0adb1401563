import type { Hex } from 'viem';
import { bytesToHex, hexToBytes } from '../../src/rollup/bytes.js';
import { encodeDepositTx } from '../../src/rollup/depositTx.js';
import { encodeL1Info, l1InfoFormatAt } from '../../src/rollup/l1Info.js';
import { encodeRlp } from '../../src/rollup/rlp.js';
import type { RollupConfig } from '../../src/rollup/rollupConfig.js';
import type { L2BlockRef } from '../../src/types/block.js';
import { ZERO_HASH } from '../../src/types/block.js';
import type { ExecutionPayload } from '../../src/types/payload.js';
import { deriveConfig } from './deriveFakes.js';

const NONE = new Uint8Array(0);
const V = Uint8Array.of(0x07, 0x2e);
const ONE = Uint8Array.of(1);

/** A legacy transaction of chain 901: what a span batch may carry. */
export function legacyTx(data: Uint8Array = NONE): Uint8Array {
  return encodeRlp([NONE, NONE, NONE, new Uint8Array(20), NONE, data, V, ONE, ONE]);
}

/** The payload of a block of the fakes' chain: its L1 info deposit, one more deposit, and these transactions. */
export function l2Payload(
  ref: L2BlockRef,
  transactions: readonly Uint8Array[] = [],
  config: RollupConfig = deriveConfig(),
): ExecutionPayload {
  const info = depositOf(l1InfoOf(ref, config));
  return {
    parentHash: ref.parentHash,
    feeRecipient: `0x${'42'.repeat(20)}`,
    stateRoot: ZERO_HASH,
    receiptsRoot: ZERO_HASH,
    logsBloom: `0x${'00'.repeat(256)}`,
    prevRandao: ZERO_HASH,
    blockNumber: ref.number,
    gasLimit: 30_000_000n,
    gasUsed: 0n,
    timestamp: ref.timestamp,
    extraData: '0x',
    baseFeePerGas: 7n,
    blockHash: ref.hash,
    transactions: [info, depositOf('0x'), ...transactions.map((tx) => bytesToHex(tx))],
  };
}

function l1InfoOf({ l1Origin, sequenceNumber, timestamp }: L2BlockRef, config: RollupConfig): Hex {
  const { systemConfig } = config.genesis;
  return encodeL1Info(l1InfoFormatAt(config, timestamp), {
    number: l1Origin.number,
    time: timestamp,
    baseFee: 7n,
    blockHash: l1Origin.hash,
    sequenceNumber,
    batcherAddr: systemConfig.batcherAddr,
    l1FeeOverhead: ZERO_HASH,
    l1FeeScalar: ZERO_HASH,
    blobBaseFee: 1n,
    baseFeeScalar: 0,
    blobBaseFeeScalar: 0,
    operatorFeeScalar: 0,
    operatorFeeConstant: 0n,
    daFootprintGasScalar: 0,
  });
}

function depositOf(data: Hex): Hex {
  const address = new Uint8Array(20);
  const encoded = encodeDepositTx({
    sourceHash: new Uint8Array(32),
    from: address,
    to: address,
    mint: 0n,
    value: 0n,
    gas: 1_000_000n,
    isSystemTx: false,
    data: hexToBytes(data) ?? new Uint8Array(0),
  });
  return bytesToHex(encoded);
}
