import type { Hash } from '../types/block.js';
import { keccakHash } from './keccak.js';

/**
 * keccak256 of version 1 (u8), the timestamp (u64 BE), then chain id and output root, 32 bytes each: the super root of a
 * chain on its own. Spec: interop/fault-proof, "Super Root"; op-node `op-service/eth/super_root.go`.
 * @param timestamp Unix seconds.
 */
export function superRootV1(timestamp: bigint, chainId: bigint, outputRoot: Hash): Hash {
  return keccakHash(`0x01${word(timestamp, 8)}${word(chainId, 32)}${outputRoot.slice(2)}`);
}

function word(value: bigint, bytes: number): string {
  return value.toString(16).padStart(2 * bytes, '0');
}
