import hashWasm from 'hash-wasm/dist/keccak.umd.min.js';
import type { Hex } from 'viem';
import type { Hash } from '../types/block.js';
import { bytesToHex, hexToBytes } from './bytes.js';
import type { Sliced } from './slices.js';

/**
 * WebAssembly, which hashes ten times as fast as JavaScript, small inputs as well. There is one, made before anything that
 * imports this runs; whoever leaves it in the middle of an input takes its state along.
 */
const hasher = await hashWasm.createKeccak(256);
/** A millisecond's work, roughly. */
const BYTES_PER_SLICE = 256 * 1024;

/** keccak256 of the bytes, one part after the other; 32 bytes of their own memory. */
export function keccak(...parts: readonly Uint8Array[]): Uint8Array {
  hasher.init();
  for (const part of parts) hasher.update(part);
  return hasher.digest('binary');
}

/** keccak256 in slices. 32 bytes. */
export function* slicedKeccak(data: Uint8Array): Sliced<Uint8Array> {
  hasher.init();
  for (let start = 0; start < data.length; start += BYTES_PER_SLICE) {
    if (start > 0) {
      const state = hasher.save();
      yield;
      hasher.load(state);
    }
    hasher.update(data.subarray(start, start + BYTES_PER_SLICE));
  }
  return hasher.digest('binary');
}

/**
 * keccak256 as lower-case hex. viem's own hex is joined digit by digit: a string that takes seven times the memory
 * until it is first compared, and many hashes of cached L1 blocks never are.
 * @param data bytes, or hex with an even number of digits.
 */
export function keccakHash(data: Hex | Uint8Array): Hash {
  return bytesToHex(keccak(typeof data === 'string' ? bytesOf(data) : data));
}

function bytesOf(hex: Hex): Uint8Array {
  const bytes = hexToBytes(hex);
  if (bytes === null) throw new RangeError('not hex');
  return bytes;
}
