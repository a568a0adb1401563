import { Buffer } from 'node:buffer';
import { hexToBytes } from '../../rollup/bytes.js';
import { EMPTY_TRIE_ROOT } from '../../rollup/trieRoot.js';
import type { ExecutionPayload, Withdrawal } from '../../types/payload.js';
import type { BlockVersion } from './blockVersion.js';
import { FIXED_BYTES, WITHDRAWAL_BYTES } from './payloadSsz.js';
import { transactionsLength, writeTransactions } from './transactionsSsz.js';

/**
 * The version in which a payload is written, which follows from what it holds, not from its time: one whose withdrawals
 * root is that of an empty trie is written as version 3 like op-node does, although readers of version 4 then refuse it.
 * op-node `op-service/eth/ssz.go` inferVersion.
 */
export function writtenVersion(payload: ExecutionPayload): BlockVersion {
  const { withdrawalsRoot, blobGasUsed, excessBlobGas, withdrawals } = payload;
  if (withdrawalsRoot !== undefined && withdrawalsRoot !== EMPTY_TRIE_ROOT) return 4;
  if (blobGasUsed !== undefined && excessBlobGas !== undefined) return 3;
  return withdrawals === undefined ? 1 : 2;
}

/** The payload as peers read it. A field that its version has and the payload lacks is written as zero. */
export function writePayload(payload: ExecutionPayload): Uint8Array {
  const version = writtenVersion(payload);
  const fixed = FIXED_BYTES[version];
  const extraData = bytesOf(payload.extraData);
  const transactions = payload.transactions.map(bytesOf);
  const withdrawals = payload.withdrawals ?? [];
  const transactionsAt = fixed + extraData.length;
  const withdrawalsAt = transactionsAt + transactionsLength(transactions);
  const out = Buffer.alloc(withdrawalsAt + withdrawals.length * WITHDRAWAL_BYTES);
  writeHeader(out, payload);
  out.writeUInt32LE(fixed, 436);
  out.writeUInt32LE(transactionsAt, 504);
  if (version >= 2) out.writeUInt32LE(withdrawalsAt, 508);
  if (version >= 3) {
    out.writeBigUInt64LE(payload.blobGasUsed ?? 0n, 512);
    out.writeBigUInt64LE(payload.excessBlobGas ?? 0n, 520);
  }
  if (version >= 4) out.set(bytesOf(payload.withdrawalsRoot ?? '0x'), 528);
  out.set(extraData, fixed);
  writeTransactions(out.subarray(transactionsAt, withdrawalsAt), transactions);
  withdrawals.forEach((withdrawal, index) => {
    writeWithdrawal(out, withdrawalsAt + index * WITHDRAWAL_BYTES, withdrawal);
  });
  return out;
}

function writeHeader(out: Buffer, payload: ExecutionPayload): void {
  out.set(bytesOf(payload.parentHash), 0);
  out.set(bytesOf(payload.feeRecipient), 32);
  out.set(bytesOf(payload.stateRoot), 52);
  out.set(bytesOf(payload.receiptsRoot), 84);
  out.set(bytesOf(payload.logsBloom), 116);
  out.set(bytesOf(payload.prevRandao), 372);
  out.writeBigUInt64LE(payload.blockNumber, 404);
  out.writeBigUInt64LE(payload.gasLimit, 412);
  out.writeBigUInt64LE(payload.gasUsed, 420);
  out.writeBigUInt64LE(payload.timestamp, 428);
  for (let word = 0; word < 4; word++) {
    const bits = payload.baseFeePerGas >> BigInt(64 * word);
    out.writeBigUInt64LE(BigInt.asUintN(64, bits), 440 + 8 * word);
  }
  out.set(bytesOf(payload.blockHash), 472);
}

function writeWithdrawal(out: Buffer, at: number, withdrawal: Withdrawal): void {
  out.writeBigUInt64LE(withdrawal.index, at);
  out.writeBigUInt64LE(withdrawal.validatorIndex, at + 8);
  out.set(bytesOf(withdrawal.address), at + 16);
  out.writeBigUInt64LE(withdrawal.amount, at + 36);
}

function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex) ?? new Uint8Array(0);
}
