import { NodeError } from '../../errors/nodeError.js';
import type { BlockId, Hash, L1BlockRef, L2BlockRef } from '../../types/block.js';
import { isZeroRef, ZERO_HASH } from '../../types/block.js';
import type { FollowStatus } from '../rules/followStatus.js';

const HASH = /^0x[0-9a-fA-F]{64}$/;

type Json = Readonly<Record<string, unknown>>;

/**
 * Decodes the answer of `optimism_syncStatus`, as far as follow mode uses it. Strict: every used field must be there
 * with its exact type, numbers must be whole and below 2^53, and a zero hash must come with an all-zero ref.
 * `local_safe_l2` may be absent (sources older than interop): then the safe head stands for it. So may `head_l1`.
 * Differs: op-node lets a missing field be zero and takes a null for an empty status.
 * @throws NodeError FOLLOW_STATUS_MALFORMED, temporary.
 */
export function decodeFollowStatus(json: unknown): FollowStatus {
  const status = objectOf(json, 'sync status');
  const safe = decodeL2Ref(status.safe_l2, 'safe_l2');
  return {
    currentL1: knownL1Ref(status.current_l1, 'current_l1'),
    headL1: 'head_l1' in status ? knownL1Ref(status.head_l1, 'head_l1') : null,
    localSafe:
      'local_safe_l2' in status ? decodeL2Ref(status.local_safe_l2, 'local_safe_l2') : safe,
    safe,
    finalized: decodeL2Ref(status.finalized_l2, 'finalized_l2'),
    unsafe: 'unsafe_l2' in status ? decodeL2Ref(status.unsafe_l2, 'unsafe_l2') : null,
  };
}

/** Decodes an L2 block ref as op-node writes it. @throws NodeError FOLLOW_STATUS_MALFORMED, temporary. */
export function decodeL2Ref(json: unknown, what: string): L2BlockRef {
  const ref = objectOf(json, what);
  const l2: L2BlockRef = {
    ...decodeHeader(ref, what),
    l1Origin: decodeBlockId(ref.l1origin, `${what}.l1origin`),
    sequenceNumber: uintOf(ref.sequenceNumber, `${what}.sequenceNumber`),
  };
  const isRestZero =
    l2.l1Origin.hash === ZERO_HASH && l2.l1Origin.number === 0n && l2.sequenceNumber === 0n;
  if (isZeroRef(l2) && !isRestZero) throw malformed(`${what} has no hash but other fields`);
  return l2;
}

/** Decodes a hash and a number. @throws NodeError FOLLOW_STATUS_MALFORMED, temporary. */
export function decodeBlockId(json: unknown, what: string): BlockId {
  const id = objectOf(json, what);
  return { hash: hashOf(id.hash, `${what}.hash`), number: uintOf(id.number, `${what}.number`) };
}

/** Null for an all-zero ref: the source does not know one. */
function knownL1Ref(json: unknown, what: string): L1BlockRef | null {
  const ref = decodeHeader(objectOf(json, what), what);
  return isZeroRef(ref) ? null : ref;
}

function decodeHeader(ref: Json, what: string): L1BlockRef {
  const header: L1BlockRef = {
    ...decodeBlockId(ref, what),
    parentHash: hashOf(ref.parentHash, `${what}.parentHash`),
    timestamp: uintOf(ref.timestamp, `${what}.timestamp`),
  };
  const isRestZero =
    header.number === 0n && header.parentHash === ZERO_HASH && header.timestamp === 0n;
  if (isZeroRef(header) && !isRestZero) throw malformed(`${what} has no hash but other fields`);
  return header;
}

function objectOf(json: unknown, what: string): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw malformed(`${what} is not an object`);
  }
  return json as Json;
}

function hashOf(value: unknown, what: string): Hash {
  if (typeof value !== 'string' || !HASH.test(value)) throw malformed(`${what} is not a hash`);
  return value.toLowerCase() as Hash;
}

function uintOf(value: unknown, what: string): bigint {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw malformed(`${what} is not a whole number`);
  }
  return BigInt(value);
}

function malformed(problem: string): NodeError {
  return new NodeError('FOLLOW_STATUS_MALFORMED', `followed source: ${problem}`, {
    severity: 'temporary',
  });
}
