import type { Hex } from 'viem';
import { NodeError } from '../errors/nodeError.js';
import type { Hash } from '../types/block.js';
import { bytesToHex, hexToBytes } from './bytes.js';
import { keccakHash } from './keccak.js';
import type { RlpItem } from './rlp.js';
import { encodeRlp } from './rlp.js';
import { RpcFields } from './rpcFields.js';

/** Transaction type of deposits. Spec: protocol/deposits, "The Deposited Transaction Type". */
export const DEPOSIT_TX_TYPE = 0x7e;
/**
 * Transaction type of what a block's builder says of the execution (gas refunds), from Lagoon on: the type byte and one
 * RLP list that only the execution layer reads; no signature, no sender, no chain id. op-geth `post_exec_tx.go`.
 */
export const POST_EXEC_TX_TYPE = 0x7d;

type FieldList = (tx: RpcFields) => RlpItem;

/**
 * Encodes a transaction object of a full block as the EIP-2718 bytes that the block commits to. Types 0 to 4, deposits
 * (0x7e) and post-execution transactions (0x7d: `input` is all of them); blob transactions without their sidecar, as
 * blocks hold them. Unknown extra fields are ignored, and the object's own `hash` is not looked at: hash what comes out.
 * The fields are written straight to RLP: a wallet's serializers refuse what a chain once accepted (fee caps, replay
 * protection, address checksums) and know no deposits.
 * @throws NodeError ROLLUP_JSON_INVALID or ROLLUP_TX_TYPE_UNKNOWN, temporary.
 */
export function encodeRpcTransaction(json: unknown): Hex {
  return bytesToHex(encodeRpcTransactionBytes(json));
}

/** As `encodeRpcTransaction`, in bytes. */
export function encodeRpcTransactionBytes(json: unknown): Uint8Array {
  const tx = new RpcFields(json, 'transaction');
  const type = tx.has('type') ? Number(tx.quantity('type')) : 0;
  if (type === 0) return encodeRlp(legacyFields(tx));
  const body = type === POST_EXEC_TX_TYPE ? tx.bytes('input') : encodeRlp(typedFields(type)(tx));
  const encoded = new Uint8Array(body.length + 1);
  encoded[0] = type;
  encoded.set(body, 1);
  return encoded;
}

function typedFields(type: number): FieldList {
  const fields = TYPED_FIELDS.get(type);
  if (fields !== undefined) return fields;
  throw new NodeError('ROLLUP_TX_TYPE_UNKNOWN', 'transaction type not supported', {
    severity: 'temporary',
    fields: { type },
  });
}

/** Hash of an encoded transaction of any type. */
export function transactionHash(encoded: Hex | Uint8Array): Hash {
  return keccakHash(encoded);
}

/** EIP-2718 type of an encoded transaction: 0 for legacy ones; null for no bytes at all or bytes that are no hex. */
export function transactionType(encoded: Hex): number | null {
  const first = hexToBytes(encoded.slice(0, 4))?.[0];
  if (first === undefined) return null;
  return first >= 0xc0 ? 0 : first;
}

/** How many of the encoded transactions, from the first on, are deposits. */
export function leadingDeposits(transactions: readonly Hex[]): number {
  const first = transactions.findIndex((tx) => transactionType(tx) !== DEPOSIT_TX_TYPE);
  return first < 0 ? transactions.length : first;
}

function legacyFields(tx: RpcFields): RlpItem {
  return [
    num(tx, 'nonce'),
    num(tx, 'gasPrice'),
    num(tx, 'gas'),
    target(tx),
    num(tx, 'value'),
    tx.bytes('input'),
    num(tx, 'v'),
    num(tx, 'r'),
    num(tx, 's'),
  ];
}

const TYPED_FIELDS: ReadonlyMap<number, FieldList> = new Map<number, FieldList>([
  [
    1,
    (tx) => [
      num(tx, 'chainId'),
      num(tx, 'nonce'),
      num(tx, 'gasPrice'),
      ...callFields(tx),
      ...signature(tx),
    ],
  ],
  [2, (tx) => [...feeMarketFields(tx), ...signature(tx)]],
  [
    3,
    (tx) => [
      ...feeMarketFields(tx),
      num(tx, 'maxFeePerBlobGas'),
      tx.array('blobVersionedHashes').map((_, i) => listed(tx, 'blobVersionedHashes', i)),
      ...signature(tx),
    ],
  ],
  [
    4,
    (tx) => [
      ...feeMarketFields(tx),
      tx.array('authorizationList').map(authorization),
      ...signature(tx),
    ],
  ],
  [DEPOSIT_TX_TYPE, depositFields],
]);

/** Layout: sourceHash, from, to, mint (absent like zero), value, gas, isSystemTx, data. op-geth `deposit_tx.go`. */
function depositFields(tx: RpcFields): RlpItem {
  return [
    tx.bytes('sourceHash', 32),
    tx.bytes('from', 20),
    target(tx),
    tx.has('mint') ? num(tx, 'mint') : new Uint8Array(0),
    num(tx, 'value'),
    num(tx, 'gas'),
    tx.raw('isSystemTx') === true ? Uint8Array.of(1) : new Uint8Array(0),
    tx.bytes('input'),
  ];
}

function feeMarketFields(tx: RpcFields): readonly RlpItem[] {
  return [
    num(tx, 'chainId'),
    num(tx, 'nonce'),
    num(tx, 'maxPriorityFeePerGas'),
    num(tx, 'maxFeePerGas'),
    ...callFields(tx),
  ];
}

function callFields(tx: RpcFields): readonly RlpItem[] {
  return [
    num(tx, 'gas'),
    target(tx),
    num(tx, 'value'),
    tx.bytes('input'),
    tx.has('accessList') ? tx.array('accessList').map(accessEntry) : [],
  ];
}

/** Some endpoints leave out `v` on typed transactions, older ones `yParity`. */
function signature(tx: RpcFields): readonly RlpItem[] {
  return [num(tx, tx.has('v') ? 'v' : 'yParity'), num(tx, 'r'), num(tx, 's')];
}

function accessEntry(json: unknown): RlpItem {
  const entry = new RpcFields(json, 'access list entry');
  return [
    entry.bytes('address', 20),
    entry.array('storageKeys').map((_, i) => listed(entry, 'storageKeys', i)),
  ];
}

function authorization(json: unknown): RlpItem {
  const entry = new RpcFields(json, 'authorization');
  return [
    num(entry, 'chainId'),
    entry.bytes('address', 20),
    num(entry, 'nonce'),
    num(entry, entry.has('yParity') ? 'yParity' : 'v'),
    num(entry, 'r'),
    num(entry, 's'),
  ];
}

function listed(fields: RpcFields, key: string, index: number): Uint8Array {
  return new RpcFields({ [key]: fields.array(key)[index] }, `member ${index} of a list`).bytes(
    key,
    32,
  );
}

function target(tx: RpcFields): Uint8Array {
  return tx.has('to') ? tx.bytes('to', 20) : new Uint8Array(0);
}

function num(tx: RpcFields, key: string): Uint8Array {
  return tx.integerBytes(key);
}
