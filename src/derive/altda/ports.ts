import type { Hash, L1BlockRef } from '../../types/block.js';
import type { DeriveL1Source } from '../ports.js';
import type { Commitment } from './commitment.js';

/**
 * L1 for those who read challenges: by number as derivation may see it, but without moving what it reads ahead. As
 * `DeriveL1Source` otherwise.
 */
export interface ChallengeL1
  extends Pick<DeriveL1Source, 'l1BlockRefByNumber' | 'l1ReceiptsByHash'> {
  /** The encoded transactions at these places of a block, in this order; null where L1 lacks one or the block. */
  l1TransactionsAt(
    hash: Hash,
    places: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[] | null>;
}

/** The inputs that commitments stand for, as some server has them: nothing is checked yet. */
export interface DaSource {
  /**
   * @param block the L1 block with the commitment.
   * @returns null when the server says that it does not have it.
   * @throws NodeError, temporary when a retry can help.
   */
  input(commitment: Commitment, block: L1BlockRef, signal: AbortSignal): Promise<Uint8Array | null>;
}

/** Metrics of challenges; every method returns at once and never throws. */
export interface ChallengeRecorder {
  /** The challenges in all L1 blocks up to there are known. */
  readTo(number: bigint): void;
  /** L2 blocks from data up to there may be final. */
  finalTo(number: bigint): void;
  counted(status: 'active' | 'resolved' | 'expired', count: number): void;
}
