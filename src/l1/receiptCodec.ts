import type { Hex } from 'viem';
import { fromRlp } from 'viem/utils';
import { NodeError } from '../errors/nodeError.js';
import { hexToBytes } from '../rollup/bytes.js';
import type { RlpItem } from '../rollup/rlp.js';
import { encodeRlp } from '../rollup/rlp.js';
import { RpcFields } from '../rollup/rpcFields.js';
import type { Sliced } from '../rollup/slices.js';
import { forEachIndex } from '../rollup/slices.js';
import type { BlockId, Hash } from '../types/block.js';
import type { L1Log, L1Receipt } from '../types/l1Block.js';

/** The block whose receipts are decoded; hash, number and transaction hashes are known to be right. */
export interface ReceiptContext {
  readonly block: BlockId;
  readonly txHashes: readonly Hash[];
}

/** A receipt, and the bytes of it that the receipts root commits to. */
export interface DecodedReceipt {
  readonly receipt: L1Receipt;
  /** EIP-2718 consensus encoding; computed when called. */
  readonly encode: () => Uint8Array;
}

/** Type of an OP Stack deposit: an L1 may be an L2 itself. */
const DEPOSIT_TYPE = 0x7e;
const BLOOM_BYTES = 256;
/** Decoded in about a millisecond. */
const RECEIPTS_PER_SLICE = 32;

/**
 * Decodes the receipt objects of one block. Everything around the consensus fields is checked too, as external
 * providers are known for gaps and leftovers of other blocks: number and order of receipts, block, gas used against
 * the cumulative gas, and of each log its index in the block, block, transaction and that it was not removed.
 * @throws NodeError L1_RECEIPTS_INVALID or ROLLUP_JSON_INVALID, temporary. op-node `op-service/sources/receipts.go`.
 */
export function* decodeRpcReceipts(
  list: readonly unknown[],
  context: ReceiptContext,
): Sliced<readonly DecodedReceipt[]> {
  checkCount(list.length, context);
  let logIndex = 0n;
  let cumulativeGas = 0n;
  const decoded: DecodedReceipt[] = [];
  yield* forEachIndex(list.length, RECEIPTS_PER_SLICE, (index) => {
    const json = list[index];
    if (json === null) throw invalid(`receipt of tx ${index} returns nil on retrieval`, context);
    const fields = new RpcFields(json, 'receipt');
    checkReceiptPlace(fields, index, context);
    const gas = fields.uint64('cumulativeGasUsed');
    if (fields.uint64('gasUsed') !== gas - cumulativeGas) {
      throw invalid(`receipt ${index} has invalid gas used metadata`, context);
    }
    cumulativeGas = gas;
    const logs = fields
      .array('logs')
      .map((log) => decodeRpcLog(log, { ...context, index, logIndex: logIndex++ }));
    const isSuccess = fields.has('status') && fields.quantity('status') === 1n;
    const encode = () => encodeRpcReceipt(fields, logs);
    decoded.push({ receipt: { isSuccess, logs }, encode });
  });
  return decoded;
}

/**
 * Decodes receipts in their consensus encoding, as `debug_getRawReceipts` gives them.
 * @throws NodeError L1_RECEIPTS_INVALID, temporary.
 */
export function* decodeRawReceipts(
  list: readonly unknown[],
  context: ReceiptContext,
): Sliced<readonly DecodedReceipt[]> {
  checkCount(list.length, context);
  let logIndex = 0n;
  const decoded: DecodedReceipt[] = [];
  yield* forEachIndex(list.length, RECEIPTS_PER_SLICE, (index) => {
    const raw = list[index];
    const encoded = typeof raw === 'string' ? hexToBytes(raw) : null;
    const fields = encoded === null ? null : decodeList(encoded);
    const logList = fields?.[3];
    const status = fields?.[0];
    if (encoded === null || !Array.isArray(logList) || typeof status !== 'string') {
      throw invalid(`raw receipt ${index} cannot be decoded`, context);
    }
    const logs = logList.map((item) => {
      const log = decodeRawLog(item, context.block.hash, logIndex++);
      if (log === null) throw invalid(`raw receipt ${index} has a malformed log`, context);
      return log;
    });
    decoded.push({ receipt: { isSuccess: status === '0x01', logs }, encode: () => encoded });
  });
  return decoded;
}

function checkCount(count: number, context: ReceiptContext): void {
  const expected = context.txHashes.length;
  if (count !== expected) throw invalid(`got ${count} receipts but expected ${expected}`, context);
}

function checkReceiptPlace(fields: RpcFields, index: number, context: ReceiptContext): void {
  const { block } = context;
  if (fields.uint64('transactionIndex') !== BigInt(index)) {
    throw invalid(`receipt ${index} has unexpected tx index`, context);
  }
  if (fields.uint64('blockNumber') !== block.number) {
    throw invalid(`receipt ${index} has unexpected block number`, context);
  }
  if (fields.hash('blockHash') !== block.hash) {
    throw invalid(`receipt ${index} has unexpected block hash`, context);
  }
}

interface LogContext extends ReceiptContext {
  /** Of the transaction. */
  readonly index: number;
  readonly logIndex: bigint;
}

function decodeRpcLog(json: unknown, context: LogContext): L1Log {
  const { block, txHashes, index, logIndex } = context;
  const log = new RpcFields(json, 'log');
  const isInPlace =
    log.uint64('logIndex') === logIndex &&
    log.uint64('transactionIndex') === BigInt(index) &&
    log.hash('blockHash') === block.hash &&
    log.uint64('blockNumber') === block.number &&
    log.hash('transactionHash') === txHashes[index] &&
    log.raw('removed') !== true;
  if (!isInPlace) throw invalid(`log ${logIndex} of tx ${index} is of another place`, context);
  return {
    address: log.address('address'),
    topics: log.array('topics').map((_, i) => topicAt(log, i)),
    data: log.hex('data'),
    blockHash: block.hash,
    logIndex,
  };
}

function topicAt(log: RpcFields, index: number): Hash {
  return new RpcFields({ topic: log.array('topics')[index] }, 'log').hash('topic');
}

function encodeRpcReceipt(fields: RpcFields, logs: readonly L1Log[]): Uint8Array {
  const type = fields.has('type') ? Number(fields.quantity('type')) : 0;
  // Before Byzantium a receipt had the state root in the place of the status.
  const isPreByzantium = !fields.has('status') && fields.has('root');
  const status = isPreByzantium ? fields.bytes('root', 32) : fields.integerBytes('status');
  const members: RlpItem[] = [
    status,
    fields.integerBytes('cumulativeGasUsed'),
    fields.bytes('logsBloom', BLOOM_BYTES),
    logs.map(logItem),
  ];
  if (type === DEPOSIT_TYPE && fields.has('depositReceiptVersion')) {
    members.push(fields.integerBytes('depositNonce'), fields.integerBytes('depositReceiptVersion'));
  }
  const body = encodeRlp(members);
  if (type === 0) return body;
  const encoded = new Uint8Array(body.length + 1);
  encoded[0] = type;
  encoded.set(body, 1);
  return encoded;
}

function logItem(log: L1Log): RlpItem {
  return [bytesOf(log.address), log.topics.map(bytesOf), bytesOf(log.data)];
}

type RlpHex = Hex | readonly RlpHex[];

/** The members of a receipt, typed or legacy; null when it is no RLP list. */
function decodeList(encoded: Uint8Array): readonly RlpHex[] | null {
  const first = encoded[0] ?? 0;
  try {
    const item: RlpHex = fromRlp(first < 0x80 ? encoded.subarray(1) : encoded, 'hex');
    return typeof item === 'string' ? null : item;
  } catch {
    return null;
  }
}

function decodeRawLog(item: RlpHex, blockHash: Hash, logIndex: bigint): L1Log | null {
  if (typeof item === 'string') return null;
  const [address, topics, data] = item;
  if (typeof address !== 'string' || typeof data !== 'string') return null;
  if (topics === undefined || typeof topics === 'string') return null;
  const words = topics.filter((topic): topic is Hex => typeof topic === 'string');
  return words.length === topics.length
    ? { address, topics: words, data, blockHash, logIndex }
    : null;
}

function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex) ?? new Uint8Array(0);
}

function invalid(message: string, context: ReceiptContext): NodeError {
  return new NodeError('L1_RECEIPTS_INVALID', message, {
    severity: 'temporary',
    fields: { hash: context.block.hash, number: context.block.number },
  });
}
