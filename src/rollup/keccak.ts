import type { Hex } from 'viem';
import { keccak256 } from 'viem/utils';
import type { Hash } from '../types/block.js';
import { bytesToHex } from './bytes.js';

/**
 * keccak256 as lower-case hex. viem's own hex is joined digit by digit: a string that takes seven times the memory
 * until it is first compared, and many hashes of cached L1 blocks never are.
 */
export function keccakHash(data: Hex | Uint8Array): Hash {
  return bytesToHex(keccak256(data, 'bytes'));
}
