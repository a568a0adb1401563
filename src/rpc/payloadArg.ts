import type { Hash } from '../types/block.js';
import type { ExecutionPayload, ExecutionPayloadEnvelope, Withdrawal } from '../types/payload.js';
import { type GoType, goPointer, goSlice, goStruct } from './goDecode.js';
import {
  fixedBytes,
  GO_ADDRESS,
  GO_BYTES,
  GO_BYTES_MAX32,
  GO_HASH,
  GO_UINT64,
  GO_UINT256,
} from './goHex.js';

const BYTES32 = fixedBytes('eth.Bytes32', 32);

type Decoded<T> = { readonly [K in keyof T]-?: undefined extends T[K] ? T[K] | undefined : T[K] };

const WITHDRAWAL: GoType<Withdrawal> = goStruct<Withdrawal>('types.Withdrawal', {
  index: GO_UINT64,
  validatorIndex: GO_UINT64,
  address: GO_ADDRESS,
  amount: GO_UINT64,
});

const PAYLOAD = goStruct<Decoded<ExecutionPayload>>('eth.ExecutionPayload', {
  parentHash: GO_HASH,
  feeRecipient: GO_ADDRESS,
  stateRoot: BYTES32,
  receiptsRoot: BYTES32,
  logsBloom: fixedBytes('eth.Bytes256', 256),
  prevRandao: BYTES32,
  blockNumber: GO_UINT64,
  gasLimit: GO_UINT64,
  gasUsed: GO_UINT64,
  timestamp: GO_UINT64,
  extraData: GO_BYTES_MAX32,
  baseFeePerGas: GO_UINT256,
  blockHash: GO_HASH,
  transactions: goSlice(GO_BYTES),
  withdrawals: goPointer(goSlice(WITHDRAWAL)),
  blobGasUsed: goPointer(GO_UINT64),
  excessBlobGas: goPointer(GO_UINT64),
  withdrawalsRoot: goPointer(GO_HASH),
});

interface DecodedEnvelope {
  readonly parentBeaconBlockRoot: Hash | undefined;
  readonly executionPayload: Decoded<ExecutionPayload> | undefined;
}

/** The argument of `admin_postUnsafePayload` as op-node reads it: every field may be missing and is then zero. */
export const GO_ENVELOPE = goPointer(
  goStruct<DecodedEnvelope>('eth.ExecutionPayloadEnvelope', {
    parentBeaconBlockRoot: goPointer(GO_HASH),
    executionPayload: goPointer(PAYLOAD),
  }),
);

/** The envelope without its absent fields; null when it holds no payload. */
export function toEnvelope(decoded: DecodedEnvelope | undefined): ExecutionPayloadEnvelope | null {
  if (decoded?.executionPayload === undefined) return null;
  const { withdrawals, blobGasUsed, excessBlobGas, withdrawalsRoot, ...rest } =
    decoded.executionPayload;
  const { parentBeaconBlockRoot } = decoded;
  return {
    ...(parentBeaconBlockRoot !== undefined && { parentBeaconBlockRoot }),
    executionPayload: {
      ...rest,
      ...(withdrawals !== undefined && { withdrawals }),
      ...(blobGasUsed !== undefined && { blobGasUsed }),
      ...(excessBlobGas !== undefined && { excessBlobGas }),
      ...(withdrawalsRoot !== undefined && { withdrawalsRoot }),
    },
  };
}
