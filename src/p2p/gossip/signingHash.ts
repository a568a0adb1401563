import { Buffer } from 'node:buffer';
import { bigintToFixedBytes } from '../../rollup/bytes.js';
import { keccak, slicedKeccak } from '../../rollup/keccak.js';
import type { Sliced } from '../../rollup/slices.js';

/** The domain of block signatures: 32 zero bytes. */
export const BLOCK_DOMAIN = new Uint8Array(32);

/** keccak256 of a body, in slices: what a signature is over, and what a remote signer is told of the block. 32 bytes. */
export function payloadHash(body: Uint8Array): Sliced<Uint8Array> {
  return slicedKeccak(body);
}

/**
 * What the sequencer signs. 32 bytes.
 * Spec: specs `protocol/rollup-node-p2p.md`, "Block signatures"; op-node `op-service/signer/blockpayload_args.go`.
 * @param hash of the body, see `payloadHash`.
 */
export function signingHash(l2ChainId: bigint, hash: Uint8Array): Uint8Array {
  return keccak(Buffer.concat([BLOCK_DOMAIN, bigintToFixedBytes(l2ChainId, 32), hash]));
}
