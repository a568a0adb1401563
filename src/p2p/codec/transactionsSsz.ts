import type { Buffer } from 'node:buffer';
import { malformed } from './malformed.js';

/** MAX_TRANSACTIONS_PER_PAYLOAD of the consensus specs. */
const MAX_TRANSACTIONS = 1 << 20;
const OFFSET_BYTES = 4;

/**
 * Splits a list of transactions: an offset for each, then their bytes. No bytes are an empty list; what comes back are views.
 * @throws NodeError P2P_MALFORMED. op-node `op-service/eth/ssz.go` unmarshalTransactions.
 */
export function splitTransactions(data: Buffer): Uint8Array[] {
  if (data.length === 0) return [];
  const count = readCount(data);
  const transactions: Uint8Array[] = [];
  let start = count * OFFSET_BYTES;
  for (let index = 0; index < count; index++) {
    const isLast = index + 1 === count;
    const end = isLast ? data.length : data.readUInt32LE((index + 1) * OFFSET_BYTES);
    if (end < start || end > data.length) {
      throw malformed('a transaction has a wrong offset', { index, start, end });
    }
    transactions.push(data.subarray(start, end));
    start = end;
  }
  return transactions;
}

/** The first offset is where the offsets end, and so says how many there are. */
function readCount(data: Buffer): number {
  const first = data.length < OFFSET_BYTES ? 0 : data.readUInt32LE(0);
  const count = first / OFFSET_BYTES;
  if (first === 0 || !Number.isInteger(count) || first > data.length) {
    throw malformed('the first transaction has a wrong offset', { first, length: data.length });
  }
  if (count > MAX_TRANSACTIONS) throw malformed('too many transactions', { count });
  return count;
}

/** Length of the list once written. */
export function transactionsLength(transactions: readonly Uint8Array[]): number {
  return transactions.reduce((total, tx) => total + OFFSET_BYTES + tx.length, 0);
}

/** Writes the list into `out`, which is as long as `transactionsLength` says. */
export function writeTransactions(out: Buffer, transactions: readonly Uint8Array[]): void {
  let start = transactions.length * OFFSET_BYTES;
  transactions.forEach((tx, index) => {
    out.writeUInt32LE(start, index * OFFSET_BYTES);
    out.set(tx, start);
    start += tx.length;
  });
}
