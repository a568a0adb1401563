import { NodeError } from '../errors/nodeError.js';
import type { ExecutionPayloadEnvelope, Withdrawal } from '../types/payload.js';
import { computePayloadBlockHash } from './blockHash.js';
import type { HashedHeader } from './blockHeader.js';
import { computeHeaderHash, EMPTY_UNCLES_HASH, parseRpcHeader } from './blockHeader.js';
import { RpcFields } from './rpcFields.js';
import { EMPTY_TRIE_ROOT, orderedTrieRoot } from './trieRoot.js';
import { encodeRpcTransaction, encodeRpcTransactionBytes } from './txCodec.js';

/**
 * Turns an L2 block of `eth_getBlockBy*` with full transactions into a payload; every transaction is encoded again.
 * A header whose withdrawals root is not that of an empty list is an Isthmus one: only then has the payload one.
 * The claimed hash is copied, not checked: see `verifyRpcPayload`.
 * @throws NodeError ROLLUP_JSON_INVALID, ROLLUP_TX_TYPE_UNKNOWN; temporary. op-node `op-service/sources/types.go`.
 */
export function rpcBlockToPayload(json: unknown): ExecutionPayloadEnvelope {
  const block = new RpcFields(json, 'block');
  const header = parseRpcHeader(json);
  if (header.baseFeePerGas === undefined) throw unusable('has no base fee', header);
  const { withdrawalsRoot, parentBeaconBlockRoot } = header;
  return {
    ...(parentBeaconBlockRoot !== undefined && { parentBeaconBlockRoot }),
    executionPayload: {
      parentHash: header.parentHash,
      feeRecipient: header.miner,
      stateRoot: header.stateRoot,
      receiptsRoot: header.receiptsRoot,
      logsBloom: header.logsBloom,
      prevRandao: header.mixHash,
      blockNumber: header.number,
      gasLimit: header.gasLimit,
      gasUsed: header.gasUsed,
      timestamp: header.timestamp,
      extraData: header.extraData,
      baseFeePerGas: header.baseFeePerGas,
      blockHash: header.hash,
      transactions: block.array('transactions').map(encodeRpcTransaction),
      ...(block.has('withdrawals') && {
        withdrawals: block.array('withdrawals').map(parseRpcWithdrawal),
      }),
      ...(header.blobGasUsed !== undefined && { blobGasUsed: header.blobGasUsed }),
      ...(header.excessBlobGas !== undefined && { excessBlobGas: header.excessBlobGas }),
      ...(withdrawalsRoot !== undefined &&
        withdrawalsRoot !== EMPTY_TRIE_ROOT && { withdrawalsRoot }),
    },
  };
}

/**
 * As `rpcBlockToPayload`, and proves it: the block hash is recomputed from the payload alone (transactions root too),
 * so what comes back is exactly the block of that hash.
 * @throws NodeError ROLLUP_BLOCK_HASH_MISMATCH besides, temporary.
 */
export function verifyRpcPayload(json: unknown): ExecutionPayloadEnvelope {
  const envelope = rpcBlockToPayload(json);
  const computed = computePayloadBlockHash(envelope);
  const { blockHash, withdrawalsRoot, withdrawals } = envelope.executionPayload;
  if (computed !== blockHash) throw hashMismatch(computed, blockHash);
  // From Isthmus on the hash no longer covers the list, which must stay empty on an L2.
  if (withdrawalsRoot !== undefined && withdrawals?.length !== 0) {
    throw new NodeError('ROLLUP_JSON_INVALID', 'block has withdrawals', {
      severity: 'temporary',
      fields: { hash: blockHash },
    });
  }
  return envelope;
}

/**
 * The header of a JSON-RPC block, its hash recomputed.
 * @throws NodeError ROLLUP_BLOCK_HASH_MISMATCH or ROLLUP_JSON_INVALID, temporary.
 */
export function verifyRpcHeader(json: unknown): HashedHeader {
  const header = parseRpcHeader(json);
  const computed = computeHeaderHash(header);
  if (computed !== header.hash) throw hashMismatch(computed, header.hash);
  return header;
}

/**
 * The header of a JSON-RPC block with full transactions, proven by its hash, and the transactions by their root.
 * Unlike `verifyRpcPayload` it takes genesis blocks of any kind.
 * @throws NodeError ROLLUP_BLOCK_HASH_MISMATCH, ROLLUP_JSON_INVALID or ROLLUP_TX_TYPE_UNKNOWN, temporary.
 */
export function verifyRpcBlock(json: unknown): HashedHeader {
  const header = verifyRpcHeader(json);
  const transactions = new RpcFields(json, 'block').array('transactions');
  const computed = orderedTrieRoot(transactions.map(encodeRpcTransactionBytes));
  if (computed === header.transactionsRoot) return header;
  throw new NodeError('ROLLUP_BLOCK_HASH_MISMATCH', 'failed to verify transactions list', {
    severity: 'temporary',
    fields: { computed, claimed: header.transactionsRoot, hash: header.hash },
  });
}

/**
 * Refuses a header that cannot be an execution payload's (EIP-3675, EIP-4399): difficulty (but for genesis), nonce,
 * uncles, a missing base fee, more than 32 bytes of extra data. @throws NodeError ROLLUP_JSON_INVALID, temporary.
 */
export function checkPostMerge(header: HashedHeader): void {
  if (header.number !== 0n && header.difficulty !== 0n) throw unusable('has a difficulty', header);
  if (header.nonce !== '0x0000000000000000') throw unusable('has a nonce', header);
  if (header.baseFeePerGas === undefined) throw unusable('has no base fee', header);
  if (header.extraData.length > 2 + 64) throw unusable('has over 32 bytes of extra data', header);
  if (header.unclesHash !== EMPTY_UNCLES_HASH) throw unusable('has uncles', header);
}

/** @throws NodeError ROLLUP_JSON_INVALID, temporary. */
export function parseRpcWithdrawal(json: unknown): Withdrawal {
  const fields = new RpcFields(json, 'withdrawal');
  return {
    index: fields.uint64('index'),
    validatorIndex: fields.uint64('validatorIndex'),
    address: fields.address('address'),
    amount: fields.uint64('amount'),
  };
}

function hashMismatch(computed: string, claimed: string): NodeError {
  return new NodeError(
    'ROLLUP_BLOCK_HASH_MISMATCH',
    `failed to verify block hash: computed ${computed} but RPC said ${claimed}`,
    { severity: 'temporary', fields: { computed, claimed } },
  );
}

function unusable(problem: string, header: HashedHeader): NodeError {
  return new NodeError('ROLLUP_JSON_INVALID', `block header ${problem}`, {
    severity: 'temporary',
    fields: { number: header.number, hash: header.hash },
  });
}
