import type { Hash } from '../types/block.js';
import { ZERO_HASH } from '../types/block.js';
import { keccakHash } from './keccak.js';

/** What an output root of version 0 commits to. */
export interface OutputV0 {
  readonly stateRoot: Hash;
  /** Storage root of the L2ToL1MessagePasser. */
  readonly messagePasserStorageRoot: Hash;
  readonly blockHash: Hash;
}

/** The only version there is: 32 zero bytes. */
export const OUTPUT_VERSION_V0: Hash = ZERO_HASH;

/**
 * keccak256 of version, state root, message passer storage root and block hash, 32 bytes each.
 * Spec: protocol/proposals, "L2 Output Commitment Construction"; op-node `op-service/eth/output.go`.
 */
export function outputRootV0(output: OutputV0): Hash {
  const { stateRoot, messagePasserStorageRoot, blockHash } = output;
  const words = [OUTPUT_VERSION_V0, stateRoot, messagePasserStorageRoot, blockHash];
  return keccakHash(`0x${words.map((word) => word.slice(2)).join('')}`);
}
