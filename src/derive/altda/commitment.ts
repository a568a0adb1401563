import type { Hex } from 'viem';
import { bytesToHex } from '../../rollup/bytes.js';
import { keccakHash } from '../../rollup/keccak.js';

/** First byte of batcher data that is a commitment; frames begin with 0. */
export const COMMITMENT_VERSION = 1;
/**
 * Bytes of the largest input that the challenge contract can take, and so of the largest that counts with keccak
 * commitments. Part of the protocol. op-node `op-alt-da/params.go`.
 */
export const MAX_KECCAK_INPUT_BYTES = 130_672;

/** The first byte of an encoded commitment. */
const KECCAK_TYPE = 0;
const GENERIC_TYPE = 1;
const KECCAK_BYTES = 32;

/** Keccak commitments are the hash of the input; only the DA server knows what a generic one means. */
export type CommitmentKind = 'keccak' | 'generic';

/** What the batcher puts on L1 in place of an input. */
export interface Commitment {
  readonly kind: CommitmentKind;
  /** Type byte and commitment, as the DA server and the challenge contract know it; lower case. */
  readonly encoded: Hex;
}

/** The kind of commitment that `da_commitment_type` of a checked rollup config means. */
export function commitmentKind(daCommitmentType: string): CommitmentKind {
  return daCommitmentType === 'GenericCommitment' ? 'generic' : 'keccak';
}

/**
 * Decodes an encoded commitment: type (1 byte; 0 keccak256, 1 generic), then 32 bytes of keccak256, or at least one byte
 * of a generic commitment.
 * @param bytes without the version byte of batcher data; not retained.
 * @returns null where it is none. Never throws.
 * Spec: experimental/alt-da, "Input Commitment Submission"; op-node `op-alt-da/commitment.go`.
 */
export function decodeCommitment(bytes: Uint8Array): Commitment | null {
  const length = bytes.length - 1;
  switch (bytes[0]) {
    case KECCAK_TYPE:
      return length === KECCAK_BYTES ? { kind: 'keccak', encoded: bytesToHex(bytes) } : null;
    case GENERIC_TYPE:
      return length > 0 ? { kind: 'generic', encoded: bytesToHex(bytes) } : null;
    default:
      return null;
  }
}

/** The commitment in batcher data; null where that is something else, or begins as a commitment and is none. */
export function commitmentIn(data: Uint8Array): Commitment | null {
  return data[0] === COMMITMENT_VERSION ? decodeCommitment(data.subarray(1)) : null;
}

/** False only for an input that is not the one of a keccak commitment: a generic one says nothing that we could check. */
export function isCommittedTo({ kind, encoded }: Commitment, input: Uint8Array): boolean {
  return kind === 'generic' || keccakHash(input).slice(2) === encoded.slice(4);
}
