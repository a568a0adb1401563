import { Buffer } from 'node:buffer';
import { bigintToBytes, bytesToBigint } from '../../rollup/bytes.js';
import { keccakHash } from '../../rollup/keccak.js';
import { encodeRlpList, encodeRlpString } from '../../rollup/rlp.js';
import { DEPOSIT_TX_TYPE, POST_EXEC_TX_TYPE } from '../../rollup/txCodec.js';
import type { TxSignature } from './batcherTx.js';
import { ByteReader, malformed, orNull } from './byteReader.js';

/** Of fees, gas and nonces: what is larger one of the execution clients cannot hold, and the other finds unaffordable. */
const FEE_BYTES = 16;
const WORD_BYTES = 32;
const COUNT_BYTES = 8;
const ADDRESS_BYTES = 20;
const NO_BYTES = new Uint8Array(0);
/** The only format of a post-execution transaction that there is. op-reth `post_exec.rs`. */
const POST_EXEC_VERSION = 1n;

/** What an L2 transaction says of itself before any state is looked at. */
export type L2Transaction =
  | {
      readonly kind: 'signed';
      readonly type: number;
      readonly gas: bigint;
      /** Null where the signature is bound to no chain. */
      readonly chainId: bigint | null;
      readonly signature: TxSignature;
    }
  | { readonly kind: 'deposit'; readonly gas: bigint }
  /** For the block of this number. */
  | { readonly kind: 'postExec'; readonly blockNumber: bigint };

/**
 * Decodes an encoded L2 transaction of the types that a block can hold: legacy, 1, 2, 4, deposits and post-execution
 * transactions, as strictly as the stricter of op-geth and op-reth. The signature is read, not checked.
 * @returns null for blob transactions, other types, and bytes that are no transaction.
 */
export function readL2Transaction(encoded: Uint8Array): L2Transaction | null {
  return orNull(() => {
    const first = encoded[0] ?? 0;
    if (first >= 0xc0) return readLegacy(new ByteReader(encoded));
    const reader = new ByteReader(encoded, 1);
    const fields = reader.rlpList();
    reader.expectEnd();
    if (first === DEPOSIT_TX_TYPE) return readDeposit(fields);
    if (first === POST_EXEC_TX_TYPE) return readPostExec(fields);
    if (first !== 1 && first !== 2 && first !== 4) return malformed('transaction type');
    return readTyped(first, fields);
  });
}

/** Layout: nonce, gas price, gas, to, value, data, v, r, s. */
function readLegacy(reader: ByteReader): L2Transaction {
  const fields = reader.rlpList();
  reader.expectEnd();
  const start = fields.position;
  fields.rlpInteger(COUNT_BYTES);
  fields.rlpInteger(FEE_BYTES);
  const gas = bytesToBigint(fields.rlpInteger(COUNT_BYTES));
  readCall(fields);
  const signed = fields.bytes.subarray(start, fields.position);
  const v = bytesToBigint(fields.rlpInteger(COUNT_BYTES + 1));
  const { chainId, yParity } = boundTo(v);
  const tail = chainId === null ? [] : [bigintToBytes(chainId), NO_BYTES, NO_BYTES];
  const digest = keccakHash(encodeRlpList([signed, ...tail.map(encodeRlpString)]));
  return { kind: 'signed', type: 0, gas, chainId, signature: readRs(fields, digest, yParity) };
}

/** EIP-155: 27 and 28 are bound to no chain, others from 35 on are two for each. */
function boundTo(v: bigint): { readonly chainId: bigint | null; readonly yParity: number } {
  if (v === 27n || v === 28n) return { chainId: null, yParity: Number(v - 27n) };
  if (v < 35n) return malformed('signature of no chain');
  return { chainId: (v - 35n) / 2n, yParity: Number((v - 35n) % 2n) };
}

/** Layout: chain id, nonce, one or two fees, gas, to, value, data, access list, from type 4 authorizations, signature. */
function readTyped(type: 1 | 2 | 4, fields: ByteReader): L2Transaction {
  const start = fields.position;
  const chainId = bytesToBigint(fields.rlpInteger(WORD_BYTES));
  fields.rlpInteger(COUNT_BYTES);
  for (let fees = type === 1 ? 1 : 2; fees > 0; fees--) fields.rlpInteger(FEE_BYTES);
  const gas = bytesToBigint(fields.rlpInteger(COUNT_BYTES));
  readCall(fields, type === 4);
  eachOf(fields.rlpList(), readAccess);
  if (type === 4) eachOf(fields.rlpList(), readAuthorization);
  const signed = fields.bytes.subarray(start, fields.position);
  const digest = keccakHash(Buffer.concat([Uint8Array.of(type), encodeRlpList([signed])]));
  const yParity = bytesToBigint(fields.rlpInteger(1));
  if (yParity > 1n) malformed('y parity');
  return {
    ...{ kind: 'signed', type, gas, chainId },
    signature: readRs(fields, digest, Number(yParity)),
  };
}

/** To, value and data. A transaction that sets code creates none. */
function readCall(fields: ByteReader, hasTarget = false): void {
  const to = fields.rlpString().length;
  if (to !== ADDRESS_BYTES && (to !== 0 || hasTarget)) malformed('target');
  fields.rlpInteger(WORD_BYTES);
  fields.rlpString();
}

function readRs(fields: ByteReader, digest: TxSignature['digest'], yParity: number): TxSignature {
  const r = fields.rlpInteger(WORD_BYTES);
  const s = fields.rlpInteger(WORD_BYTES);
  fields.expectEnd();
  return { digest, r, s, yParity };
}

function eachOf(list: ByteReader, read: (entry: ByteReader) => void): void {
  while (list.remaining > 0) {
    const entry = list.rlpList();
    read(entry);
    entry.expectEnd();
  }
}

function readAccess(entry: ByteReader): void {
  entry.rlpFixed(ADDRESS_BYTES);
  const keys = entry.rlpList();
  while (keys.remaining > 0) keys.rlpFixed(WORD_BYTES);
}

/** One that does not hold is passed over by execution: only its shape counts. */
function readAuthorization(entry: ByteReader): void {
  entry.rlpInteger(WORD_BYTES);
  entry.rlpFixed(ADDRESS_BYTES);
  entry.rlpInteger(COUNT_BYTES);
  entry.rlpInteger(1);
  entry.rlpInteger(WORD_BYTES);
  entry.rlpInteger(WORD_BYTES);
}

/** Layout: source hash, from, to, mint, value, gas, is system transaction, data. */
function readDeposit(fields: ByteReader): L2Transaction {
  fields.rlpFixed(WORD_BYTES);
  fields.rlpFixed(ADDRESS_BYTES);
  for (let i = 0; i < 3; i++) fields.rlpString();
  const gas = bytesToBigint(fields.rlpInteger(COUNT_BYTES));
  for (let i = 0; i < 2; i++) fields.rlpString();
  fields.expectEnd();
  return { kind: 'deposit', gas };
}

/** Layout: version, block number, a list of transaction indices with the gas that each is refunded. */
function readPostExec(fields: ByteReader): L2Transaction {
  if (bytesToBigint(fields.rlpInteger(1)) !== POST_EXEC_VERSION) malformed('version');
  const blockNumber = bytesToBigint(fields.rlpInteger(COUNT_BYTES));
  eachOf(fields.rlpList(), (entry) => {
    entry.rlpInteger(COUNT_BYTES);
    entry.rlpInteger(COUNT_BYTES);
  });
  fields.expectEnd();
  return { kind: 'postExec', blockNumber };
}
