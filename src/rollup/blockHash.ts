import type { Hash } from '../types/block.js';
import type { ExecutionPayload, ExecutionPayloadEnvelope, Withdrawal } from '../types/payload.js';
import type { BlockHeader } from './blockHeader.js';
import { computeHeaderHash, EMPTY_REQUESTS_HASH, EMPTY_UNCLES_HASH } from './blockHeader.js';
import { bigintToBytes, hexToBytes } from './bytes.js';
import { encodeRlp } from './rlp.js';
import type { Sliced } from './slices.js';
import { whole } from './slices.js';
import { orderedTrieRoot, slicedTrieRoot } from './trieRoot.js';

/**
 * Hash of the block that a payload describes, transactions root included. Which header fields exist follows from the
 * payload alone: a withdrawals root means Isthmus (header takes it, and the hash of no requests), else a withdrawals
 * list means Canyon (header takes the list's root). Never looks at the claimed `blockHash`: compare with it.
 * op-node `op-service/eth/types.go` CheckBlockHash.
 */
export function computePayloadBlockHash(envelope: ExecutionPayloadEnvelope): Hash {
  const transactions = envelope.executionPayload.transactions.map((tx) => bytesOf(tx));
  return whole(slicedPayloadHash(envelope, transactions));
}

/** An envelope whose transactions are elsewhere. */
export interface EnvelopeWithoutTransactions
  extends Pick<ExecutionPayloadEnvelope, 'parentBeaconBlockRoot'> {
  readonly executionPayload: Omit<ExecutionPayload, 'transactions'>;
}

/** As `computePayloadBlockHash`, in slices, of a payload whose transactions are at hand as bytes. */
export function* slicedPayloadHash(
  envelope: EnvelopeWithoutTransactions,
  transactions: readonly Uint8Array[],
): Sliced<Hash> {
  const transactionsRoot = yield* slicedTrieRoot(transactions);
  return computeHeaderHash(payloadHeader(envelope, transactionsRoot));
}

/** The header of the block that a payload describes. */
function payloadHeader(
  { executionPayload: payload, parentBeaconBlockRoot }: EnvelopeWithoutTransactions,
  transactionsRoot: Hash,
): BlockHeader {
  return {
    parentHash: payload.parentHash,
    unclesHash: EMPTY_UNCLES_HASH,
    miner: payload.feeRecipient,
    stateRoot: payload.stateRoot,
    transactionsRoot,
    receiptsRoot: payload.receiptsRoot,
    logsBloom: payload.logsBloom,
    difficulty: 0n,
    number: payload.blockNumber,
    gasLimit: payload.gasLimit,
    gasUsed: payload.gasUsed,
    timestamp: payload.timestamp,
    extraData: payload.extraData,
    mixHash: payload.prevRandao,
    nonce: '0x0000000000000000',
    baseFeePerGas: payload.baseFeePerGas,
    ...(payload.blobGasUsed !== undefined && { blobGasUsed: payload.blobGasUsed }),
    ...(payload.excessBlobGas !== undefined && { excessBlobGas: payload.excessBlobGas }),
    ...(parentBeaconBlockRoot !== undefined && { parentBeaconBlockRoot }),
    ...withdrawalsFields(payload.withdrawalsRoot, payload.withdrawals),
  };
}

/** Root of a list of EIP-4895 withdrawals; L1 blocks have some, L2 blocks none. */
export function withdrawalsTrieRoot(withdrawals: readonly Withdrawal[]): Hash {
  return orderedTrieRoot(
    withdrawals.map((withdrawal) =>
      encodeRlp([
        bigintToBytes(withdrawal.index),
        bigintToBytes(withdrawal.validatorIndex),
        bytesOf(withdrawal.address),
        bigintToBytes(withdrawal.amount),
      ]),
    ),
  );
}

function withdrawalsFields(
  withdrawalsRoot: Hash | undefined,
  withdrawals: readonly Withdrawal[] | undefined,
): Pick<BlockHeader, 'withdrawalsRoot' | 'requestsHash'> {
  if (withdrawalsRoot !== undefined) return { withdrawalsRoot, requestsHash: EMPTY_REQUESTS_HASH };
  if (withdrawals === undefined) return {};
  return { withdrawalsRoot: withdrawalsTrieRoot(withdrawals) };
}

function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex) ?? new Uint8Array(0);
}
