import { randomBytes } from 'node:crypto';
import type { Hex } from 'viem';
import { concatHex, keccak256, toHex } from 'viem';

/** What a batcher transaction's data begins with where a commitment follows. */
const COMMITMENT_VERSION = '0x01';
const KECCAK = '0x00';
const GENERIC = '0x01';
/** A layer byte of generic commitments that no known service has. */
const OWN_LAYER = '0xff';
const GENERIC_BYTES = 8;

/** The commitment that the input alone decides, type byte first. */
export function keccakCommitment(input: Uint8Array): Hex {
  return concatHex([KECCAK, keccak256(input)]);
}

/** A new commitment that says nothing about the input, type byte first. */
export function genericCommitment(): Hex {
  return concatHex([GENERIC, OWN_LAYER, toHex(randomBytes(GENERIC_BYTES))]);
}

/** Data of the batcher transaction that brings the commitment to L1. */
export function commitmentData(commitment: Hex): Hex {
  return concatHex([COMMITMENT_VERSION, commitment]);
}

/** The commitment in a batcher transaction's data; null where it has none. */
export function commitmentOf(data: Hex): Hex | null {
  return data.startsWith(COMMITMENT_VERSION) && data.length > COMMITMENT_VERSION.length
    ? `0x${data.slice(COMMITMENT_VERSION.length)}`
    : null;
}
