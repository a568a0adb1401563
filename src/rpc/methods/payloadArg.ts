import type { Hex } from 'viem';
import type { Address, Hash } from '../../types/block.js';
import type {
  ExecutionPayload,
  ExecutionPayloadEnvelope,
  PayloadAttributes,
  Withdrawal,
} from '../../types/payload.js';
import {
  decodeGo,
  GO_BOOL,
  GO_PLAIN_UINT64,
  type GoType,
  goPointer,
  goSlice,
  goStruct,
  JsonCursor,
  selfDecoding,
} from '../json/goDecode.js';
import {
  fixedBytes,
  GO_ADDRESS,
  GO_BYTES,
  GO_BYTES_MAX32,
  GO_HASH,
  GO_UINT64,
  GO_UINT256,
} from '../json/goHex.js';

// Go names op-node's own byte types by their pointer in faults.
const BYTES32 = fixedBytes('*eth.Bytes32', 32);
const BYTES256 = fixedBytes('*eth.Bytes256', 256);

type Decoded<T> = { readonly [K in keyof T]-?: undefined extends T[K] ? T[K] | undefined : T[K] };

const WITHDRAWAL_FIELDS = goStruct('types.Withdrawal', {
  index: goPointer(GO_UINT64),
  validatorIndex: goPointer(GO_UINT64),
  address: goPointer(GO_ADDRESS),
  amount: goPointer(GO_UINT64),
});

/** A withdrawal decodes itself from a struct of pointers, so that `null` leaves a field zero. */
const WITHDRAWAL: GoType<Withdrawal> = selfDecoding(
  'types.Withdrawal',
  zeroWithdrawal(),
  (json) => {
    const fields = decodeGo(WITHDRAWAL_FIELDS, new JsonCursor(json, 0));
    const zero = zeroWithdrawal();
    return {
      index: fields.index ?? zero.index,
      validatorIndex: fields.validatorIndex ?? zero.validatorIndex,
      address: fields.address ?? zero.address,
      amount: fields.amount ?? zero.amount,
    };
  },
);

function zeroWithdrawal(): Withdrawal {
  return { index: 0n, validatorIndex: 0n, address: GO_ADDRESS.zero, amount: 0n };
}

const PAYLOAD = goStruct<Decoded<ExecutionPayload>>('eth.ExecutionPayload', {
  parentHash: GO_HASH,
  feeRecipient: GO_ADDRESS,
  stateRoot: BYTES32,
  receiptsRoot: BYTES32,
  logsBloom: BYTES256,
  prevRandao: BYTES32,
  blockNumber: GO_UINT64,
  gasLimit: GO_UINT64,
  gasUsed: GO_UINT64,
  timestamp: GO_UINT64,
  extraData: GO_BYTES_MAX32,
  baseFeePerGas: GO_UINT256,
  blockHash: GO_HASH,
  transactions: goSlice(GO_BYTES),
  withdrawals: goPointer(goSlice(WITHDRAWAL, 'types.Withdrawals')),
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

interface DecodedSigned {
  readonly envelope: DecodedEnvelope | undefined;
  readonly signature: Hex;
}

/** The argument of `opstack_commitBlockV1` and `opstack_publishBlockV1`. */
export const GO_SIGNED_ENVELOPE = goPointer(
  goStruct<DecodedSigned>('signer.SignedExecutionPayloadEnvelope', {
    envelope: GO_ENVELOPE,
    signature: fixedBytes('*eth.Bytes65', 65),
  }),
);

interface DecodedAttributes {
  readonly timestamp: bigint;
  readonly prevRandao: Hash;
  readonly suggestedFeeRecipient: Address;
  readonly withdrawals: readonly Withdrawal[] | undefined;
  readonly parentBeaconBlockRoot: Hash | undefined;
  readonly transactions: readonly Hex[];
  readonly noTxPool: boolean;
  readonly gasLimit: bigint | undefined;
  readonly eip1559Params: Hex | undefined;
  readonly minBaseFee: bigint | undefined;
}

/** Payload attributes as `opstack_openBlockV1` reads them: every field may be missing. */
export const GO_ATTRIBUTES = goPointer(
  goStruct<DecodedAttributes>('eth.PayloadAttributes', {
    timestamp: GO_UINT64,
    prevRandao: BYTES32,
    suggestedFeeRecipient: GO_ADDRESS,
    withdrawals: goPointer(goSlice(WITHDRAWAL, 'types.Withdrawals')),
    parentBeaconBlockRoot: goPointer(GO_HASH),
    transactions: goSlice(GO_BYTES),
    noTxPool: GO_BOOL,
    gasLimit: goPointer(GO_UINT64),
    eip1559Params: goPointer(fixedBytes('*eth.Bytes8', 8)),
    minBaseFee: goPointer(GO_PLAIN_UINT64),
  }),
);

/** The attributes without their absent fields; null without a gas limit, which every block needs. */
export function toAttributes(decoded: DecodedAttributes | undefined): PayloadAttributes | null {
  if (decoded?.gasLimit === undefined) return null;
  const { withdrawals, parentBeaconBlockRoot, eip1559Params, minBaseFee, gasLimit, ...rest } =
    decoded;
  return {
    ...rest,
    gasLimit,
    ...(withdrawals !== undefined && { withdrawals }),
    ...(parentBeaconBlockRoot !== undefined && { parentBeaconBlockRoot }),
    ...(eip1559Params !== undefined && { eip1559Params }),
    ...(minBaseFee !== undefined && { minBaseFee }),
  };
}

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
