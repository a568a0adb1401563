import { Buffer } from 'node:buffer';
import { bytesToHex } from '../../rollup/bytes.js';
import type { ExecutionPayload, Withdrawal } from '../../types/payload.js';
import type { BlockVersion } from './blockVersion.js';
import { malformed } from './malformed.js';
import { splitTransactions } from './transactionsSsz.js';

/**
 * Reads execution payloads as peers send them: SSZ, but with bounds and rules of its own.
 * Spec: specs `protocol/rollup-node-p2p.md`; op-node `op-service/eth/ssz.go`.
 */

/** A payload whose transactions are still views of the bytes that it was read from. */
export interface RawPayload {
  readonly fields: Omit<ExecutionPayload, 'transactions'>;
  readonly transactions: readonly Uint8Array[];
}

/** Length of the part before the lists, by version. */
export const FIXED_BYTES: Readonly<Record<BlockVersion, number>> = {
  1: 508,
  2: 512,
  3: 528,
  4: 560,
};
/** Index, validator, address, amount. */
export const WITHDRAWAL_BYTES = 8 + 8 + 20 + 8;
const MAX_WITHDRAWALS = 16;
const MAX_EXTRA_DATA_BYTES = 32;

/** Where the lists are. */
interface Layout {
  readonly extraData: number;
  readonly transactions: number;
  /** The end where the version has no withdrawals. */
  readonly withdrawals: number;
}

/** @throws NodeError P2P_MALFORMED. */
export function readPayload(version: BlockVersion, bytes: Uint8Array): RawPayload {
  const fixedBytes = FIXED_BYTES[version];
  if (bytes.length < fixedBytes) {
    throw malformed('payload is shorter than its fixed part', { length: bytes.length, fixedBytes });
  }
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const layout = readLayout(version, data);
  return {
    fields: {
      ...readHeader(data),
      extraData: bytesToHex(data.subarray(layout.extraData, layout.transactions)),
      ...(version >= 2 && { withdrawals: readWithdrawals(data.subarray(layout.withdrawals)) }),
      ...(version >= 3 && {
        blobGasUsed: data.readBigUInt64LE(512),
        excessBlobGas: data.readBigUInt64LE(520),
      }),
      ...(version >= 4 && { withdrawalsRoot: bytesToHex(data.subarray(528, 560)) }),
    },
    transactions: splitTransactions(data.subarray(layout.transactions, layout.withdrawals)),
  };
}

function readLayout(version: BlockVersion, data: Buffer): Layout {
  const extraData = data.readUInt32LE(436);
  const transactions = data.readUInt32LE(504);
  const withdrawals = version >= 2 ? data.readUInt32LE(508) : data.length;
  const fields = { extraData, transactions, withdrawals, length: data.length };
  if (extraData !== FIXED_BYTES[version]) throw malformed('extra data has a wrong offset', fields);
  if (transactions < extraData || transactions > data.length) {
    throw malformed('transactions have a wrong offset', fields);
  }
  if (transactions - extraData > MAX_EXTRA_DATA_BYTES)
    throw malformed('extra data is too long', fields);
  if (withdrawals < transactions || withdrawals > data.length) {
    throw malformed('withdrawals have a wrong offset', fields);
  }
  return { extraData, transactions, withdrawals };
}

/** What all versions have, but for extra data. */
function readHeader(data: Buffer) {
  return {
    parentHash: bytesToHex(data.subarray(0, 32)),
    feeRecipient: bytesToHex(data.subarray(32, 52)),
    stateRoot: bytesToHex(data.subarray(52, 84)),
    receiptsRoot: bytesToHex(data.subarray(84, 116)),
    logsBloom: bytesToHex(data.subarray(116, 372)),
    prevRandao: bytesToHex(data.subarray(372, 404)),
    blockNumber: data.readBigUInt64LE(404),
    gasLimit: data.readBigUInt64LE(412),
    gasUsed: data.readBigUInt64LE(420),
    timestamp: data.readBigUInt64LE(428),
    baseFeePerGas: readUint256(data.subarray(440, 472)),
    blockHash: bytesToHex(data.subarray(472, 504)),
  };
}

/** Little-endian, unlike everything else that is so long. */
function readUint256(data: Buffer): bigint {
  return (
    data.readBigUInt64LE(0) |
    (data.readBigUInt64LE(8) << 64n) |
    (data.readBigUInt64LE(16) << 128n) |
    (data.readBigUInt64LE(24) << 192n)
  );
}

function readWithdrawals(data: Buffer): Withdrawal[] {
  const count = data.length / WITHDRAWAL_BYTES;
  if (!Number.isInteger(count)) throw malformed('withdrawals end in the middle of one');
  if (count > MAX_WITHDRAWALS) throw malformed('too many withdrawals', { count });
  return Array.from({ length: count }, (_, index) => {
    const at = index * WITHDRAWAL_BYTES;
    return {
      index: data.readBigUInt64LE(at),
      validatorIndex: data.readBigUInt64LE(at + 8),
      address: bytesToHex(data.subarray(at + 16, at + 36)),
      amount: data.readBigUInt64LE(at + 36),
    };
  });
}
