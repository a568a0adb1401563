import type { Hex } from 'viem';
import type { Hash } from './block.js';
import type {
  ExecutionPayload,
  ExecutionPayloadEnvelope,
  ForkchoiceState,
  ForkchoiceUpdatedResult,
  PayloadAttributes,
  PayloadStatus,
  PayloadStatusKind,
  Withdrawal,
} from './payload.js';
import { remoteText } from './remoteText.js';

/**
 * Engine API JSON to and from the payload types. Encoders give the exact wire shape: quantities without leading
 * zeros, keys that a version lacks are left out. Decoders are strict about every known key, ignore unknown ones and
 * return lower-case hex. Spec: execution-apis `engine/{paris,shanghai,cancun,prague}`; exec-engine for the OP fields.
 */

/** JSON that is not what the Engine API says. The adapter that received it turns it into a NodeError. */
export class PayloadCodecError extends Error {
  override readonly name = 'PayloadCodecError';
  /** Path of the bad field, like `executionPayload.gasUsed`. */
  readonly field: string;

  constructor(field: string, expected: string) {
    super(`field ${field} is not ${expected}`);
    this.field = field;
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

const HEX_DIGITS = /^0x(?:[0-9a-fA-F]{2})*$/;
const QUANTITY = /^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,63})$/;
const U64_LIMIT = 1n << 64n;
const STATUS_KINDS: readonly string[] = [
  'VALID',
  'INVALID',
  'SYNCING',
  'ACCEPTED',
  'INVALID_BLOCK_HASH',
] satisfies readonly PayloadStatusKind[];

/** @throws PayloadCodecError */
function asObject(value: unknown, field: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PayloadCodecError(field, 'an object');
  }
  return value as JsonObject;
}

function data(value: unknown, field: string, length?: number): Hex {
  const isHex = typeof value === 'string' && HEX_DIGITS.test(value);
  if (!isHex || (length !== undefined && value.length !== 2 + 2 * length)) {
    throw new PayloadCodecError(field, length === undefined ? 'hex data' : `${length} hex bytes`);
  }
  return value.toLowerCase() as Hex;
}

/** Headers of the chain carry at most 32 bytes. */
function extraData(value: unknown, field: string): Hex {
  const bytes = data(value, field);
  if (bytes.length > 2 + 64) throw new PayloadCodecError(field, 'at most 32 hex bytes');
  return bytes;
}

function quantity(value: unknown, field: string): bigint {
  if (typeof value !== 'string' || !QUANTITY.test(value)) {
    throw new PayloadCodecError(field, 'a hex quantity');
  }
  return BigInt(value);
}

function uint64(value: unknown, field: string): bigint {
  const number = quantity(value, field);
  if (number >= U64_LIMIT) throw new PayloadCodecError(field, 'a 64-bit quantity');
  return number;
}

function list<T>(value: unknown, field: string, decode: (item: unknown, at: string) => T): T[] {
  if (!Array.isArray(value)) throw new PayloadCodecError(field, 'a list');
  return value.map((item, index) => decode(item, `${field}[${index}]`));
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Lower-case hex without leading zeros, `0x0` for zero. */
export function encodeQuantity(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}

function encodeWithdrawal(withdrawal: Withdrawal): JsonObject {
  return {
    index: encodeQuantity(withdrawal.index),
    validatorIndex: encodeQuantity(withdrawal.validatorIndex),
    address: withdrawal.address,
    amount: encodeQuantity(withdrawal.amount),
  };
}

function decodeWithdrawal(value: unknown, field: string): Withdrawal {
  const json = asObject(value, field);
  return {
    index: uint64(json.index, `${field}.index`),
    validatorIndex: uint64(json.validatorIndex, `${field}.validatorIndex`),
    address: data(json.address, `${field}.address`, 20),
    amount: uint64(json.amount, `${field}.amount`),
  };
}

/** The payload parameter of `engine_newPayload`. */
export function encodeExecutionPayload(payload: ExecutionPayload): JsonObject {
  const { withdrawals, blobGasUsed, excessBlobGas, withdrawalsRoot } = payload;
  return {
    parentHash: payload.parentHash,
    feeRecipient: payload.feeRecipient,
    stateRoot: payload.stateRoot,
    receiptsRoot: payload.receiptsRoot,
    logsBloom: payload.logsBloom,
    prevRandao: payload.prevRandao,
    blockNumber: encodeQuantity(payload.blockNumber),
    gasLimit: encodeQuantity(payload.gasLimit),
    gasUsed: encodeQuantity(payload.gasUsed),
    timestamp: encodeQuantity(payload.timestamp),
    extraData: payload.extraData,
    baseFeePerGas: encodeQuantity(payload.baseFeePerGas),
    blockHash: payload.blockHash,
    transactions: payload.transactions,
    ...(withdrawals !== undefined && { withdrawals: withdrawals.map(encodeWithdrawal) }),
    ...(blobGasUsed !== undefined && { blobGasUsed: encodeQuantity(blobGasUsed) }),
    ...(excessBlobGas !== undefined && { excessBlobGas: encodeQuantity(excessBlobGas) }),
    ...(withdrawalsRoot !== undefined && { withdrawalsRoot }),
  };
}

/** @throws PayloadCodecError naming the first bad field. */
export function decodeExecutionPayload(
  value: unknown,
  field = 'executionPayload',
): ExecutionPayload {
  const json = asObject(value, field);
  const at = (key: string): string => `${field}.${key}`;
  const hash = (key: string): Hash => data(json[key], at(key), 32);
  return {
    parentHash: hash('parentHash'),
    feeRecipient: data(json.feeRecipient, at('feeRecipient'), 20),
    stateRoot: hash('stateRoot'),
    receiptsRoot: hash('receiptsRoot'),
    logsBloom: data(json.logsBloom, at('logsBloom'), 256),
    prevRandao: hash('prevRandao'),
    blockNumber: uint64(json.blockNumber, at('blockNumber')),
    gasLimit: uint64(json.gasLimit, at('gasLimit')),
    gasUsed: uint64(json.gasUsed, at('gasUsed')),
    timestamp: uint64(json.timestamp, at('timestamp')),
    extraData: extraData(json.extraData, at('extraData')),
    baseFeePerGas: quantity(json.baseFeePerGas, at('baseFeePerGas')),
    blockHash: hash('blockHash'),
    transactions: list(json.transactions, at('transactions'), (item, path) => data(item, path)),
    ...(isPresent(json.withdrawals) && {
      withdrawals: list(json.withdrawals, at('withdrawals'), decodeWithdrawal),
    }),
    ...(isPresent(json.blobGasUsed) && {
      blobGasUsed: uint64(json.blobGasUsed, at('blobGasUsed')),
    }),
    ...(isPresent(json.excessBlobGas) && {
      excessBlobGas: uint64(json.excessBlobGas, at('excessBlobGas')),
    }),
    ...(isPresent(json.withdrawalsRoot) && { withdrawalsRoot: hash('withdrawalsRoot') }),
  };
}

/** What `admin_postUnsafePayload` takes and `engine_getPayload` answers; other keys of the answer are not read. */
export function encodePayloadEnvelope(envelope: ExecutionPayloadEnvelope): JsonObject {
  const { parentBeaconBlockRoot } = envelope;
  return {
    ...(parentBeaconBlockRoot !== undefined && { parentBeaconBlockRoot }),
    executionPayload: encodeExecutionPayload(envelope.executionPayload),
  };
}

/** @throws PayloadCodecError */
export function decodePayloadEnvelope(value: unknown): ExecutionPayloadEnvelope {
  const json = asObject(value, 'envelope');
  return {
    ...(isPresent(json.parentBeaconBlockRoot) && {
      parentBeaconBlockRoot: data(json.parentBeaconBlockRoot, 'parentBeaconBlockRoot', 32),
    }),
    executionPayload: decodeExecutionPayload(json.executionPayload),
  };
}

/** The attributes parameter of `engine_forkchoiceUpdated`. @throws PayloadCodecError */
export function encodePayloadAttributes(attributes: PayloadAttributes): JsonObject {
  const { withdrawals, parentBeaconBlockRoot, eip1559Params, minBaseFee } = attributes;
  return {
    timestamp: encodeQuantity(attributes.timestamp),
    prevRandao: attributes.prevRandao,
    suggestedFeeRecipient: attributes.suggestedFeeRecipient,
    ...(withdrawals !== undefined && { withdrawals: withdrawals.map(encodeWithdrawal) }),
    ...(parentBeaconBlockRoot !== undefined && { parentBeaconBlockRoot }),
    transactions: attributes.transactions,
    ...(attributes.noTxPool && { noTxPool: true }),
    gasLimit: encodeQuantity(attributes.gasLimit),
    ...(eip1559Params !== undefined && { eip1559Params }),
    // The execution layer reads this one as a plain number, unlike all others.
    ...(minBaseFee !== undefined && { minBaseFee: encodeMinBaseFee(minBaseFee) }),
  };
}

/** op-node's `PayloadAttributes.MinBaseFee` is a bare uint64: a JSON number, as which a bigint goes out, too. */
function encodeMinBaseFee(minBaseFee: bigint): number | bigint {
  const plain = Number(minBaseFee);
  return Number.isSafeInteger(plain) ? plain : minBaseFee;
}

/** The first parameter of `engine_forkchoiceUpdated`. */
export function encodeForkchoiceState(state: ForkchoiceState): JsonObject {
  return {
    headBlockHash: state.headBlockHash,
    safeBlockHash: state.safeBlockHash,
    finalizedBlockHash: state.finalizedBlockHash,
  };
}

/** @throws PayloadCodecError */
export function decodePayloadStatus(value: unknown, field = 'payloadStatus'): PayloadStatus {
  const json = asObject(value, field);
  const { status, latestValidHash, validationError } = json;
  if (typeof status !== 'string' || !STATUS_KINDS.includes(status)) {
    throw new PayloadCodecError(`${field}.status`, 'a payload status');
  }
  if (isPresent(validationError) && typeof validationError !== 'string') {
    throw new PayloadCodecError(`${field}.validationError`, 'a string');
  }
  return {
    status: status as PayloadStatusKind,
    latestValidHash: isPresent(latestValidHash)
      ? data(latestValidHash, `${field}.latestValidHash`, 32)
      : null,
    validationError: typeof validationError === 'string' ? remoteText(validationError) : null,
  };
}

/** @throws PayloadCodecError */
export function decodeForkchoiceUpdatedResult(value: unknown): ForkchoiceUpdatedResult {
  const json = asObject(value, 'forkchoiceUpdated');
  return {
    payloadStatus: decodePayloadStatus(json.payloadStatus),
    payloadId: isPresent(json.payloadId) ? data(json.payloadId, 'payloadId', 8) : null,
  };
}
