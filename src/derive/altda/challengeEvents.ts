import { Buffer } from 'node:buffer';
import { hexToBytes } from '../../rollup/bytes.js';
import { keccakHash } from '../../rollup/keccak.js';
import type { Address } from '../../types/block.js';
import type { L1Log, L1Receipt } from '../../types/l1Block.js';
import { orNull } from '../codec/byteReader.js';
import { abiBytes, abiWord } from './abi.js';
import type { Commitment } from './commitment.js';
import { decodeCommitment } from './commitment.js';

/** `ChallengeStatusChanged(uint256 indexed challengedBlockNumber, bytes challengedCommitment, uint8 status)`. */
export const CHALLENGE_STATUS_CHANGED = keccakHash(
  Buffer.from('ChallengeStatusChanged(uint256,bytes,uint8)'),
);

/** The contract's numbers of the status; the others change nothing here. */
const ACTIVE = 1n;
const RESOLVED = 2n;
const MAX_UINT8 = 0xffn;
const MAX_UINT64 = 2n ** 64n - 1n;

/** What the challenge contract says of a commitment in an L1 block. */
export interface ChallengeEvent {
  readonly status: 'active' | 'resolved';
  readonly commitment: Commitment;
  /** The L1 block that has the commitment, by what the challenger said. */
  readonly committedAt: bigint;
  /** The transaction's index in its block. */
  readonly txIndex: number;
}

/** The events in an L1 block, in order, and how many logs of the event's name could not be read. */
export interface ChallengeEvents {
  readonly events: readonly ChallengeEvent[];
  readonly malformed: number;
}

/**
 * Reads the challenge contract's events. Logs that cannot be decoded are passed over, as are other status values.
 * @param receipts one for each transaction of the block, in order.
 * Spec: experimental/alt-da, "Data Availability Challenge Contract"; op-node `op-alt-da/damgr.go` loadChallengeEvents.
 */
export function challengeEvents(
  receipts: readonly L1Receipt[],
  contract: Address,
): ChallengeEvents {
  const events: ChallengeEvent[] = [];
  let malformed = 0;
  for (const [txIndex, { isSuccess, logs }] of receipts.entries()) {
    if (!isSuccess) continue;
    for (const log of logs) {
      if (log.address !== contract || log.topics[0] !== CHALLENGE_STATUS_CHANGED) continue;
      const event = decodeEvent(log, txIndex);
      if (event === null) malformed += 1;
      else if (event !== 'otherStatus') events.push(event);
    }
  }
  return { events, malformed };
}

function decodeEvent(log: L1Log, txIndex: number): ChallengeEvent | 'otherStatus' | null {
  const committedAt = BigInt(log.topics[1] ?? MAX_UINT64 + 1n);
  const data = hexToBytes(log.data);
  if (log.topics.length !== 2 || committedAt > MAX_UINT64 || data === null) return null;
  const fields = orNull(() => ({ commitment: abiBytes(data, 0), status: abiWord(data, 1) }));
  if (fields === null || fields.status > MAX_UINT8) return null;
  const commitment = decodeCommitment(fields.commitment);
  if (commitment === null) return null;
  switch (fields.status) {
    case ACTIVE:
      return { status: 'active', commitment, committedAt, txIndex };
    case RESOLVED:
      return { status: 'resolved', commitment, committedAt, txIndex };
    default:
      return 'otherStatus';
  }
}
