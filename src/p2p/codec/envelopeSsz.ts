import { Buffer } from 'node:buffer';
import { slicedPayloadHash } from '../../rollup/blockHash.js';
import { bytesToHex, hexToBytes } from '../../rollup/bytes.js';
import type { Sliced } from '../../rollup/slices.js';
import type { Hash } from '../../types/block.js';
import type { ExecutionPayloadEnvelope } from '../../types/payload.js';
import type { BlockVersion } from './blockVersion.js';
import { hasBeaconRoot } from './blockVersion.js';
import { malformed } from './malformed.js';
import type { RawPayload } from './payloadSsz.js';
import { readPayload } from './payloadSsz.js';
import { writePayload } from './payloadWriter.js';
import type { ReceivedBlock } from './receivedBlock.js';

const ROOT_BYTES = 32;

/** An envelope whose transactions are still views of the bytes that it was read from. */
export interface RawEnvelope {
  readonly parentBeaconBlockRoot?: Hash;
  readonly payload: RawPayload;
}

/** Reads a body: the parent beacon block root (versions 3 and 4), then the payload. @throws NodeError P2P_MALFORMED. */
export function readEnvelope(version: BlockVersion, body: Uint8Array): RawEnvelope {
  if (!hasBeaconRoot(version)) return { payload: readPayload(version, body) };
  if (body.length < ROOT_BYTES) {
    throw malformed('envelope is shorter than a root', { length: body.length });
  }
  return {
    parentBeaconBlockRoot: bytesToHex(body.subarray(0, ROOT_BYTES)),
    payload: readPayload(version, body.subarray(ROOT_BYTES)),
  };
}

/** As `readEnvelope`, with the transactions as hex. The claimed block hash is not checked. @throws NodeError P2P_MALFORMED. */
export function decodeEnvelope(version: BlockVersion, body: Uint8Array): ExecutionPayloadEnvelope {
  const { parentBeaconBlockRoot, payload } = readEnvelope(version, body);
  return {
    ...(parentBeaconBlockRoot !== undefined && { parentBeaconBlockRoot }),
    executionPayload: { ...payload.fields, transactions: payload.transactions.map(bytesToHex) },
  };
}

/** The body of an envelope: the parent beacon block root where there is one, then the payload in the version it is written in. */
export function encodeEnvelope(envelope: ExecutionPayloadEnvelope): Uint8Array {
  const payload = writePayload(envelope.executionPayload);
  const { parentBeaconBlockRoot } = envelope;
  if (parentBeaconBlockRoot === undefined) return payload;
  return Buffer.concat([hexToBytes(parentBeaconBlockRoot) ?? new Uint8Array(ROOT_BYTES), payload]);
}

/** The hash of the block that an envelope describes, in slices; compare it with the claimed `blockHash`. */
export function* envelopeHash({ parentBeaconBlockRoot, payload }: RawEnvelope): Sliced<Hash> {
  return yield* slicedPayloadHash(
    {
      ...(parentBeaconBlockRoot !== undefined && { parentBeaconBlockRoot }),
      executionPayload: payload.fields,
    },
    payload.transactions,
  );
}

/** What is known of a body once its hash has been found right. */
export function receivedBlock(
  version: BlockVersion,
  body: Uint8Array,
  { payload: { fields } }: RawEnvelope,
): ReceivedBlock {
  return {
    version,
    body,
    hash: fields.blockHash,
    number: fields.blockNumber,
    parentHash: fields.parentHash,
    timestamp: fields.timestamp,
  };
}
