import { Buffer } from 'node:buffer';
import type { RecoveryIdType } from 'tiny-secp256k1';
import { recover } from 'tiny-secp256k1';
import { bigintToBytes, bytesToBigint, bytesToHex, hexToBytes } from '../../rollup/bytes.js';
import { keccak, keccakHash } from '../../rollup/keccak.js';
import { encodeRlpList, encodeRlpString } from '../../rollup/rlp.js';
import { DEPOSIT_TX_TYPE } from '../../rollup/txCodec.js';
import type { Address, Hash } from '../../types/block.js';
import { ByteReader, malformed, orNull } from './byteReader.js';

const BLOB_TX_TYPE = 3;
const NO_BYTES = new Uint8Array(0);
const WORD_BYTES = 32;
/** Half of the order of secp256k1. */
const MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** What derivation reads of an L1 transaction to the batch inbox. */
export interface BatcherTx {
  readonly type: number;
  readonly data: Uint8Array;
  readonly blobHashes: readonly Hash[];
  readonly signer: TxSigner;
}

/** Who sent the transaction: named in it (deposits, where L1 is an OP Stack chain), or told by the signature. */
export type TxSigner =
  | { readonly kind: 'named'; readonly address: Address }
  | ({ readonly kind: 'signature' } & TxSignature);

/** A signature as the transaction has it, not checked in any way. */
export interface TxSignature {
  /** What was signed. */
  readonly digest: Hash;
  /** At most 32 bytes, as `s`. */
  readonly r: Uint8Array;
  readonly s: Uint8Array;
  /** 0 or 1. */
  readonly yParity: number;
}

/**
 * Decodes an encoded L1 transaction of a type that may carry batches: legacy, access list, dynamic fee, blob or deposit.
 * @returns null for other types, for a signature of another chain, and for bytes that are no transaction.
 */
export function parseBatcherTx(encoded: Uint8Array, l1ChainId: bigint): BatcherTx | null {
  return orNull(() => {
    const type = (encoded[0] ?? 0) >= 0xc0 ? 0 : (encoded[0] ?? 0);
    if (type === 0) return parseLegacy(encoded, l1ChainId);
    const fields = new ByteReader(encoded, 1).rlpList();
    if (type === DEPOSIT_TX_TYPE) return parseDeposit(fields);
    if (type > BLOB_TX_TYPE) return malformed('transaction type');
    return parseTyped(type, fields, l1ChainId);
  });
}

function parseLegacy(encoded: Uint8Array, l1ChainId: bigint): BatcherTx {
  const fields = new ByteReader(encoded).rlpList();
  const start = fields.position;
  for (let i = 0; i < 5; i++) fields.rlpString();
  const data = fields.rlpString();
  const signed = encoded.subarray(start, fields.position);
  const v = bytesToBigint(fields.rlpInteger(32));
  const r = fields.rlpInteger(32);
  const s = fields.rlpInteger(32);
  const isProtected = v !== 27n && v !== 28n;
  const yParity = isProtected ? v - 35n - 2n * l1ChainId : v - 27n;
  if (yParity !== 0n && yParity !== 1n) malformed('signature of another chain');
  const tail = isProtected ? [bigintToBytes(l1ChainId), NO_BYTES, NO_BYTES] : [];
  const digest = keccakHash(encodeRlpList([signed, ...tail.map(encodeRlpString)]));
  return {
    type: 0,
    data,
    blobHashes: [],
    signer: { kind: 'signature', digest, r, s, yParity: Number(yParity) },
  };
}

/** Types 1 to 3: chain id, nonce, one or two fees, gas, to, value, data, access list, blob fields, signature. */
function parseTyped(type: number, fields: ByteReader, l1ChainId: bigint): BatcherTx {
  const start = fields.position;
  if (bytesToBigint(fields.rlpInteger(32)) !== l1ChainId) malformed('another chain');
  const before = type === 1 ? 5 : 6;
  for (let i = 0; i < before; i++) fields.rlpString();
  const data = fields.rlpString();
  fields.rlpList();
  const blobHashes = type === BLOB_TX_TYPE ? readBlobHashes(fields) : [];
  const signed = fields.bytes.subarray(start, fields.position);
  const yParity = bytesToBigint(fields.rlpInteger(1));
  if (yParity > 1n) malformed('y parity');
  const preimage = Buffer.concat([Uint8Array.of(type), encodeRlpList([signed])]);
  return {
    type,
    data,
    blobHashes,
    signer: {
      kind: 'signature',
      digest: keccakHash(preimage),
      r: fields.rlpInteger(32),
      s: fields.rlpInteger(32),
      yParity: Number(yParity),
    },
  };
}

function readBlobHashes(fields: ByteReader): readonly Hash[] {
  fields.rlpInteger(32);
  const list = fields.rlpList();
  const hashes: Hash[] = [];
  while (list.remaining > 0) hashes.push(bytesToHex(list.rlpFixed(32)));
  return hashes;
}

function parseDeposit(fields: ByteReader): BatcherTx {
  fields.rlpFixed(32);
  const from = fields.rlpFixed(20);
  for (let i = 0; i < 5; i++) fields.rlpString();
  return {
    type: DEPOSIT_TX_TYPE,
    data: fields.rlpString(),
    blobHashes: [],
    signer: { kind: 'named', address: bytesToHex(from) },
  };
}

/** @param address lower case. */
export function isSentBy(signer: TxSigner, address: Address): boolean {
  return signer.kind === 'named' ? signer.address === address : recoverSigner(signer) === address;
}

/** Who signed; null for numbers out of range, an s in the upper half (invalid since Homestead), and no key at all. */
export function recoverSigner({ digest, r, s, yParity }: TxSignature): Address | null {
  if (bytesToBigint(s) > MAX_S) return null;
  const compact = new Uint8Array(2 * WORD_BYTES);
  compact.set(r, WORD_BYTES - r.length);
  compact.set(s, 2 * WORD_BYTES - s.length);
  try {
    const hash = hexToBytes(digest) ?? NO_BYTES;
    const key = recover(hash, compact, yParity as RecoveryIdType, false);
    return key === null ? null : bytesToHex(keccak(key.subarray(1)).subarray(12));
  } catch {
    // What the library says of numbers out of range.
    return null;
  }
}
