import { Buffer } from 'node:buffer';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { ExecutionPayloadEnvelope } from '../../types/payload.js';
import type { BlockVersion } from '../codec/blockVersion.js';
import { blockVersionAt } from '../codec/blockVersion.js';
import { encodeEnvelope } from '../codec/envelopeSsz.js';
import { malformed } from '../codec/malformed.js';
import { encodeFrames } from '../codec/snappyFrames.js';

/** Bytes of the payload-by-number protocol. Spec: specs `protocol/rollup-node-p2p.md`, "payload_by_number". */

/** The id of the protocol. */
export function payloadByNumberProtocol(l2ChainId: bigint): string {
  return `/opstack/req/payload_by_number/${l2ChainId}/0`;
}

/** The first byte of an answer; anything above 3 is a failure of an unknown kind. */
export const RESULT = { success: 0, notFound: 1, invalidRequest: 2, unknownError: 3 } as const;

export const REQUEST_BYTES = 8;
/** After the result: the version of what follows. */
export const VERSION_BYTES = 4;

/** @param number below 2^64. */
export function encodeRequest(number: bigint): Uint8Array {
  const bytes = Buffer.alloc(REQUEST_BYTES);
  bytes.writeBigUInt64LE(number);
  return bytes;
}

/** @param bytes exactly `REQUEST_BYTES`. */
export function decodeRequest(bytes: Uint8Array): bigint {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readBigUInt64LE();
}

/** The whole answer with a block: from Ecotone on of version 1, which has the parent beacon block root. */
export function encodeAnswer(envelope: ExecutionPayloadEnvelope): Uint8Array {
  const hasRoot = envelope.parentBeaconBlockRoot !== undefined;
  const head = Uint8Array.of(RESULT.success, hasRoot ? 1 : 0, 0, 0, 0);
  return Buffer.concat([head, encodeFrames(encodeEnvelope(envelope))]);
}

/**
 * How the body of an answer is to be read, which follows from when the block was due, not from what it says of itself.
 * @param answerVersion 4 bytes, little-endian. @throws NodeError P2P_MALFORMED.
 * op-node `op-node/p2p/sync.go` readExecutionPayload.
 */
export function answeredBlockVersion(
  answerVersion: Uint8Array,
  number: bigint,
  config: Pick<RollupConfig, 'forks' | 'genesis' | 'blockTime'>,
): BlockVersion {
  const { genesis, blockTime } = config;
  const due = blockVersionAt(config, genesis.l2Time + (number - genesis.l2.number) * blockTime);
  const version = Buffer.from(answerVersion).readUInt32LE();
  if (version > 1) throw malformed('answer has an unknown version', { version });
  if (version === 1) return due === 4 ? 4 : 3;
  return due === 1 ? 1 : 2;
}
