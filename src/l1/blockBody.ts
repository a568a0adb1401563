import { NodeError } from '../errors/nodeError.js';
import { withdrawalsTrieRoot } from '../rollup/blockHash.js';
import type { HashedHeader } from '../rollup/blockHeader.js';
import { RpcFields } from '../rollup/rpcFields.js';
import { parseRpcWithdrawal } from '../rollup/rpcPayload.js';
import type { Sliced } from '../rollup/slices.js';
import { forEachIndex } from '../rollup/slices.js';
import { slicedTrieRoot } from '../rollup/trieRoot.js';
import { DEPOSIT_TX_TYPE, encodeRpcTransactionBytes, transactionHash } from '../rollup/txCodec.js';
import type { Address, Hash } from '../types/block.js';
import type { L1Transaction } from '../types/l1Block.js';

/** Where the genesis block of an OP Stack chain sends its fees: a predeploy. */
const SEQUENCER_FEE_VAULT: Address = '0x4200000000000000000000000000000000000011';

/** Encoded, or hashed, in about a millisecond. */
const TXS_PER_SLICE = 32;

/** The transactions of a block that are kept, and the hashes of all of them, in order. */
export interface BlockBody {
  readonly transactions: readonly L1Transaction[];
  readonly txHashes: readonly Hash[];
}

/**
 * Decodes a full block's transactions. Unless trusted, each is encoded again and hashed, and the transactions root and
 * the withdrawals must be the header's: what comes back is then exactly what the block committed to. A trusted block's
 * hashes are taken as said, and only what is kept is encoded, so unknown transaction types do no harm.
 * @param keepTo keeps only transactions to this address; null keeps all.
 * @throws NodeError L1_BLOCK_INVALID, ROLLUP_JSON_INVALID or ROLLUP_TX_TYPE_UNKNOWN, temporary.
 */
export function* decodeBlockBody(
  json: unknown,
  header: HashedHeader,
  options: { readonly isTrusted: boolean; readonly keepTo: Address | null },
): Sliced<BlockBody> {
  const block = new RpcFields(json, 'block');
  const list = block.array('transactions');
  const isKept = (to: Address | null): boolean => options.keepTo === null || to === options.keepTo;
  if (options.isTrusted) {
    const kept = list.filter((tx) => isKept(targetOf(tx)));
    return {
      transactions: kept.map((tx) => transactionOf(tx, encodeRpcTransactionBytes(tx))),
      txHashes: list.map((tx) => new RpcFields(tx, 'transaction').hash('hash')),
    };
  }
  const encoded: Uint8Array[] = [];
  yield* forEachIndex(list.length, TXS_PER_SLICE, (index) => {
    encoded.push(encodeRpcTransactionBytes(list[index]));
  });
  const root = yield* slicedTrieRoot(encoded);
  if (root !== header.transactionsRoot) {
    throw invalid('failed to verify transactions list', header, {
      computed: root,
      claimed: header.transactionsRoot,
    });
  }
  checkWithdrawals(block, header);
  const transactions: L1Transaction[] = [];
  const txHashes: Hash[] = [];
  yield* forEachIndex(list.length, TXS_PER_SLICE, (index) => {
    const bytes = encoded[index] ?? new Uint8Array(0);
    const transaction = transactionOf(list[index], bytes);
    if (isKept(transaction.to)) transactions.push(transaction);
    txHashes.push(transactionHash(bytes));
  });
  return { transactions, txHashes };
}

/**
 * The encoded transactions at these places of a full block, in this order; checked as `decodeBlockBody` checks, and of a
 * trusted block only those are looked at.
 * @returns null where the block has no such place.
 * @throws as `decodeBlockBody`.
 */
export function* encodedTransactionsAt(
  json: unknown,
  header: HashedHeader,
  { isTrusted, places }: { readonly isTrusted: boolean; readonly places: readonly number[] },
): Sliced<readonly Uint8Array[] | null> {
  const list = new RpcFields(json, 'block').array('transactions');
  if (places.some((place) => list[place] === undefined)) return null;
  if (isTrusted) return places.map((place) => encodeRpcTransactionBytes(list[place]));
  const { transactions } = yield* decodeBlockBody(json, header, { isTrusted, keepTo: null });
  return places.flatMap((place) => transactions[place]?.encoded ?? []);
}

/**
 * The header's withdrawals root covers the list. Where the L1 is an OP Stack chain itself (its blocks begin with a
 * deposit, its genesis pays the sequencer's fee vault), the root may be a storage root and the list must be empty.
 * op-node `op-service/sources/types.go` RPCBlock.Verify.
 */
function checkWithdrawals(block: RpcFields, header: HashedHeader): void {
  if (header.withdrawalsRoot === undefined) {
    if (block.has('withdrawals')) throw invalid('block has withdrawals but no root', header);
    return;
  }
  const withdrawals = block.array('withdrawals').map(parseRpcWithdrawal);
  if (isOpStackBlock(block, header)) {
    if (withdrawals.length > 0) throw invalid('expected empty withdrawals', header);
    return;
  }
  const root = withdrawalsTrieRoot(withdrawals);
  if (root !== header.withdrawalsRoot) {
    throw invalid('failed to verify withdrawals list', header, {
      computed: root,
      claimed: header.withdrawalsRoot,
    });
  }
}

function isOpStackBlock(block: RpcFields, { number, miner }: HashedHeader): boolean {
  if (number === 0n && miner === SEQUENCER_FEE_VAULT) return true;
  const first = block.array('transactions')[0];
  if (first === undefined) return false;
  const tx = new RpcFields(first, 'transaction');
  return tx.has('type') && tx.quantity('type') === BigInt(DEPOSIT_TX_TYPE);
}

function transactionOf(json: unknown, encoded: Uint8Array): L1Transaction {
  return { to: targetOf(json), encoded };
}

function targetOf(json: unknown): Address | null {
  const tx = new RpcFields(json, 'transaction');
  return tx.has('to') ? tx.address('to') : null;
}

function invalid(message: string, header: HashedHeader, fields: object = {}): NodeError {
  return new NodeError('L1_BLOCK_INVALID', message, {
    severity: 'temporary',
    fields: { number: header.number, hash: header.hash, ...fields },
  });
}
