import type { Hex } from 'viem';
import { fromRlp } from 'viem/utils';
import { NodeError } from '../errors/nodeError.js';
import type { BlockId, L1BlockRef, L2BlockRef } from '../types/block.js';
import type { ExecutionPayload } from '../types/payload.js';
import { decodeL1Info, l1InfoFormatAt } from './l1Info.js';
import type { RollupConfig } from './rollupConfig.js';
import { DEPOSIT_TX_TYPE, transactionType } from './txCodec.js';

type RlpHex = Hex | readonly RlpHex[];

/** What a block ref needs of the rollup config. */
export type RefConfig = Pick<RollupConfig, 'genesis' | 'forks' | 'blockTime'>;

/** Type and call data of a block's first transaction. */
export interface FirstTransaction {
  readonly type: number;
  readonly data: Hex;
}

/**
 * The L2 block ref that a header and the block's first transaction make: the genesis block takes its origin from the
 * rollup config, each other block from its L1 info transaction, whose format the block's time decides.
 * @param first null when the block has no transactions.
 * @throws NodeError ROLLUP_GENESIS_MISMATCH or ROLLUP_L1_INFO_INVALID, temporary: that block is not of this chain.
 * op-node `rollup/derive/l2block_util.go`, `payload_util.go`.
 */
export function l2BlockRefFrom(
  config: RefConfig,
  header: L1BlockRef,
  first: FirstTransaction | null,
): L2BlockRef {
  const { hash, number, parentHash, timestamp } = header;
  const { l1Origin, sequenceNumber } = originOf(config, header, first);
  return { hash, number, parentHash, timestamp, l1Origin, sequenceNumber };
}

/** As `l2BlockRefFrom`, of a payload with encoded transactions. */
export function payloadToBlockRef(config: RefConfig, payload: ExecutionPayload): L2BlockRef {
  const encoded = payload.transactions[0];
  const header = {
    hash: payload.blockHash,
    number: payload.blockNumber,
    parentHash: payload.parentHash,
    timestamp: payload.timestamp,
  };
  const isGenesis = header.number === config.genesis.l2.number;
  const first = isGenesis || encoded === undefined ? null : firstTransaction(encoded);
  return l2BlockRefFrom(config, header, first);
}

/**
 * The L1 info that a payload's first transaction carries, still encoded.
 * @throws NodeError ROLLUP_L1_INFO_INVALID, temporary: there is none, or it is no deposit.
 */
export function firstDepositData(payload: ExecutionPayload): Hex {
  const encoded = payload.transactions[0];
  if (encoded === undefined) {
    throw invalid(`l2 block is missing L1 info deposit tx, block hash: ${payload.blockHash}`);
  }
  const first = firstTransaction(encoded);
  if (first.type !== DEPOSIT_TX_TYPE) {
    throw invalid(`first payload tx has unexpected tx type: ${first.type}`);
  }
  return first.data;
}

function originOf(
  config: RefConfig,
  header: L1BlockRef,
  first: FirstTransaction | null,
): { l1Origin: BlockId; sequenceNumber: bigint } {
  const { genesis } = config;
  if (header.number === genesis.l2.number) {
    if (header.hash !== genesis.l2.hash) {
      throw new NodeError(
        'ROLLUP_GENESIS_MISMATCH',
        `expected L2 genesis hash to match L2 block at genesis block number ${genesis.l2.number}: ${genesis.l2.hash} <> ${header.hash}`,
        { severity: 'temporary', fields: { hash: header.hash } },
      );
    }
    return { l1Origin: genesis.l1, sequenceNumber: 0n };
  }
  if (first === null) {
    throw invalid(`l2 block is missing L1 info deposit tx, block hash: ${header.hash}`);
  }
  if (first.type !== DEPOSIT_TX_TYPE) {
    throw invalid(`first payload tx has unexpected tx type: ${first.type}`);
  }
  const info = decodeL1Info(l1InfoFormatAt(config, header.timestamp), first.data);
  return {
    l1Origin: { hash: info.blockHash, number: info.number },
    sequenceNumber: info.sequenceNumber,
  };
}

/** Data is the eighth field of a deposit; of other types only the type matters here. */
function firstTransaction(encoded: Hex): FirstTransaction {
  const type = transactionType(encoded);
  if (type === null) throw invalid('failed to decode first tx to read l1 info from');
  if (type !== DEPOSIT_TX_TYPE) return { type, data: '0x' };
  const data = depositData(encoded);
  if (data === null) throw invalid('failed to decode first tx to read l1 info from');
  return { type, data };
}

function depositData(encoded: Hex): Hex | null {
  try {
    const fields: RlpHex = fromRlp(`0x${encoded.slice(4)}`, 'hex');
    const data = typeof fields !== 'string' && fields.length === 8 ? fields[7] : undefined;
    return typeof data === 'string' ? data : null;
  } catch {
    return null;
  }
}

function invalid(reason: string): NodeError {
  return new NodeError('ROLLUP_L1_INFO_INVALID', reason, { severity: 'temporary' });
}
