import { bigintToBytes, bigintToFixedBytes } from './bytes.js';
import { keccak } from './keccak.js';
import { encodeRlp } from './rlp.js';
import { DEPOSIT_TX_TYPE } from './txCodec.js';

/** A deposit transaction, hashes and addresses as bytes. Spec: protocol/deposits, "The Deposited Transaction Type". */
export interface DepositTx {
  /** 32 bytes. */
  readonly sourceHash: Uint8Array;
  /** 20 bytes. */
  readonly from: Uint8Array;
  /** 20 bytes; null creates a contract. */
  readonly to: Uint8Array | null;
  /** Wei minted on L2; zero mints nothing. */
  readonly mint: bigint;
  readonly value: bigint;
  readonly gas: bigint;
  /** Only before Regolith. */
  readonly isSystemTx: boolean;
  readonly data: Uint8Array;
}

/** First word of a source hash's preimage. Spec: protocol/deposits, "Source hash computation". */
type SourceDomain = 0 | 1;
export const USER_DEPOSIT_DOMAIN = 0 satisfies SourceDomain;
export const L1_INFO_DOMAIN = 1 satisfies SourceDomain;

/**
 * Layout: 0x7e, then RLP of source hash, from, to (empty for a creation), mint (empty for zero), value, gas,
 * isSystemTx, data.
 */
export function encodeDepositTx(tx: DepositTx): Uint8Array {
  const body = encodeRlp([
    tx.sourceHash,
    tx.from,
    tx.to ?? new Uint8Array(0),
    bigintToBytes(tx.mint),
    bigintToBytes(tx.value),
    bigintToBytes(tx.gas),
    tx.isSystemTx ? Uint8Array.of(1) : new Uint8Array(0),
    tx.data,
  ]);
  const encoded = new Uint8Array(body.length + 1);
  encoded[0] = DEPOSIT_TX_TYPE;
  encoded.set(body, 1);
  return encoded;
}

/**
 * Source hash of a user deposit (index: the log's in its block) or an L1 info transaction (index: the sequence
 * number): keccak256(domain ++ keccak256(L1 block hash ++ index)), each word 32 bytes.
 * @param blockHash 32 bytes.
 */
export function depositSourceHash(
  domain: SourceDomain,
  blockHash: Uint8Array,
  index: bigint,
): Uint8Array {
  const inner = new Uint8Array(64);
  inner.set(blockHash);
  inner.set(bigintToFixedBytes(index, 8), 56);
  return domainHash(domain, keccak(inner));
}

function domainHash(domain: SourceDomain, id: Uint8Array): Uint8Array {
  const outer = new Uint8Array(64);
  outer[31] = domain;
  outer.set(id, 32);
  return keccak(outer);
}
