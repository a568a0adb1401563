import { bytesToHex, hexToBytes, numberToBytes } from 'viem/utils';
import { NodeError } from '../errors/nodeError.js';
import type { BlockId } from '../types/block.js';

/** One record of the safe-head database: after L1 block `l1` that L2 block was safe. */
export interface SafeDbEntry {
  readonly key: Buffer;
  readonly l1: BlockId;
  readonly safeHead: BlockId;
}

const KEY_BYTES = 8;
const VALUE_BYTES = 72;

/** The highest number that a key can say. No L1 block has it: its key is `CUT_KEY`. */
export const MAX_L1_NUMBER = 2n ** 64n - 1n;

/** Key layout: L1 number (u64 BE), so that the store's order is the chain's. */
export function entryKey(l1Number: bigint): Buffer {
  return Buffer.from(numberToBytes(l1Number, { size: KEY_BYTES }));
}

/** Holds the cut: entries at that L1 number and above are void, and on their way out. Above every entry. */
export const CUT_KEY = entryKey(MAX_L1_NUMBER);

/** Value layout: L1 hash (32), L2 hash (32), L2 number (u64 BE). */
export function encodeEntry(l1: BlockId, safeHead: BlockId): Buffer {
  return Buffer.concat([
    hexToBytes(l1.hash),
    hexToBytes(safeHead.hash),
    numberToBytes(safeHead.number, { size: 8 }),
  ]);
}

/** @throws NodeError SAFE_DB_INVALID_ENTRY, critical. */
export function decodeEntry(key: Buffer, value: Buffer): SafeDbEntry {
  checkSizes(key, value, VALUE_BYTES);
  return {
    key: Buffer.from(key),
    l1: { hash: bytesToHex(value.subarray(0, 32)), number: key.readBigUInt64BE() },
    safeHead: { hash: bytesToHex(value.subarray(32, 64)), number: value.readBigUInt64BE(64) },
  };
}

/** Value layout of the cut: L1 number (u64 BE). */
export function encodeCut(l1Number: bigint): Buffer {
  return entryKey(l1Number);
}

/** @throws NodeError SAFE_DB_INVALID_ENTRY, critical. */
export function decodeCut(value: Buffer): bigint {
  checkSizes(CUT_KEY, value, KEY_BYTES);
  return value.readBigUInt64BE();
}

function checkSizes(key: Buffer, value: Buffer, valueBytes: number): void {
  if (key.length === KEY_BYTES && value.length === valueBytes) return;
  throw new NodeError('SAFE_DB_INVALID_ENTRY', 'invalid db entry', {
    severity: 'critical',
    fields: { keyBytes: key.length, valueBytes: value.length },
  });
}
