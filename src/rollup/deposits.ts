import type { Address, Hash } from '../types/block.js';
import { ZERO_HASH } from '../types/block.js';
import type { L1Log, L1Receipt } from '../types/l1Block.js';
import { bytesToBigint, hexToBytes } from './bytes.js';
import { depositSourceHash, encodeDepositTx, USER_DEPOSIT_DOMAIN } from './depositTx.js';

/** keccak256 of `TransactionDeposited(address,address,uint256,bytes)`. */
export const TRANSACTION_DEPOSITED_TOPIC: Hash =
  '0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32';

/** Bytes of mint, value, gas limit and the creation flag, before the call data. */
const PACKED_HEADER = 32 + 32 + 8 + 1;

/** All deposits of one L1 block, or the first event of the deposit contract that could not be decoded. */
export type UserDeposits =
  | { readonly kind: 'deposits'; readonly transactions: readonly Uint8Array[] }
  | { readonly kind: 'malformed'; readonly log: L1Log };

/**
 * The user deposits of one L1 block as encoded deposit transactions, in log order. Deposits may never be skipped: one
 * malformed event makes the whole block malformed. Spec: protocol/deposits; op-node `rollup/derive/deposits.go`.
 */
export function userDeposits(
  receipts: readonly L1Receipt[],
  depositContract: Address,
): UserDeposits {
  const transactions: Uint8Array[] = [];
  for (const receipt of receipts) {
    if (!receipt.isSuccess) continue;
    for (const log of receipt.logs) {
      if (log.address !== depositContract) continue;
      if (log.topics[0] !== TRANSACTION_DEPOSITED_TOPIC) continue;
      const transaction = decodeDepositLog(log);
      if (transaction === null) return { kind: 'malformed', log };
      transactions.push(transaction);
    }
  }
  return { kind: 'deposits', transactions };
}

/**
 * One TransactionDeposited event as an encoded deposit transaction; null when malformed. Never throws.
 * Topics: the event, from, to, version (zero). Data is the ABI encoding of one `bytes`: offset 32, length, content with
 * the least zero padding; the content is mint (32 bytes), value (32), gas (8), creation flag (1), call data (rest).
 */
export function decodeDepositLog(log: L1Log): Uint8Array | null {
  const [, from, to, version] = log.topics;
  if (log.topics.length !== 4 || from === undefined || to === undefined) return null;
  if (version !== ZERO_HASH) return null;
  const opaque = readAbiBytes(hexToBytes(log.data));
  const blockHash = hexToBytes(log.blockHash);
  const fromBytes = hexToBytes(`0x${from.slice(-40)}`);
  const toBytes = hexToBytes(`0x${to.slice(-40)}`);
  if (opaque === null || opaque.length < PACKED_HEADER) return null;
  if (blockHash === null || fromBytes === null || toBytes === null) return null;
  return encodeDepositTx({
    sourceHash: depositSourceHash(USER_DEPOSIT_DOMAIN, blockHash, log.logIndex),
    from: fromBytes,
    to: opaque[PACKED_HEADER - 1] === 0 ? toBytes : null,
    mint: bytesToBigint(opaque.subarray(0, 32)),
    value: bytesToBigint(opaque.subarray(32, 64)),
    gas: bytesToBigint(opaque.subarray(64, 72)),
    isSystemTx: false,
    data: opaque.subarray(PACKED_HEADER),
  });
}

function readAbiBytes(data: Uint8Array | null): Uint8Array | null {
  if (data === null || data.length < 64 || data.length % 32 !== 0) return null;
  if (bytesToBigint(data.subarray(0, 32)) !== 32n) return null;
  const length = bytesToBigint(data.subarray(32, 64));
  const room = BigInt(data.length - 64);
  if (length > room || length + 32n <= room) return null;
  return data.subarray(64, 64 + Number(length));
}
