import { Buffer } from 'node:buffer';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { keccak256 } from 'viem/utils';
import { bigintToFixedBytes } from '../../rollup/bytes.js';
import type { Sliced } from '../../rollup/slices.js';

/** The domain of block signatures: 32 zero bytes. */
export const BLOCK_DOMAIN = new Uint8Array(32);

/** A millisecond's work, roughly. */
const BYTES_PER_SLICE = 32 * 1024;

/** keccak256 of a body, in slices: what a signature is over, and what a remote signer is told of the block. 32 bytes. */
export function* payloadHash(body: Uint8Array): Sliced<Uint8Array> {
  const hash = keccak_256.create();
  for (let start = 0; start < body.length; start += BYTES_PER_SLICE) {
    if (start > 0) yield;
    hash.update(body.subarray(start, start + BYTES_PER_SLICE));
  }
  return hash.digest();
}

/**
 * What the sequencer signs. 32 bytes.
 * Spec: specs `protocol/rollup-node-p2p.md`, "Block signatures"; op-node `op-service/signer/blockpayload_args.go`.
 * @param hash of the body, see `payloadHash`.
 */
export function signingHash(l2ChainId: bigint, hash: Uint8Array): Uint8Array {
  return keccak256(Buffer.concat([BLOCK_DOMAIN, bigintToFixedBytes(l2ChainId, 32), hash]), 'bytes');
}
