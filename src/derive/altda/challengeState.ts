import type { Hash, L1BlockRef } from '../../types/block.js';
import type { Commitment } from './commitment.js';

/** Both in L1 blocks, as the challenge contract has them. */
export interface ChallengeWindows {
  /** After the block of a commitment in which it may be challenged. */
  readonly challenge: bigint;
  /** After the block of a challenge in which it may be resolved. */
  readonly resolve: bigint;
}

/** A transaction by its place on L1. */
export interface TransactionPlace {
  readonly block: Hash;
  readonly index: number;
}

/** What has become of a commitment that was challenged. */
export interface Challenge {
  readonly status: 'active' | 'resolved' | 'expired';
  /** The transaction with the input; null where it is not resolved. */
  readonly resolvedBy: TransactionPlace | null;
}

interface TrackedChallenge extends Challenge {
  readonly resolveWindowEnd: bigint;
  status: Challenge['status'];
  resolvedBy: TransactionPlace | null;
}

interface TrackedCommitment {
  readonly commitment: Commitment;
  readonly block: L1BlockRef;
}

/** A commitment in an L1 block; the same one in another block is another. */
interface CommitmentPlace {
  readonly commitment: Commitment;
  readonly committedAt: bigint;
}

/**
 * Commitments whose input was used, and challenges, each in the order of L1. Pure: told of L1 block by block. A
 * commitment is settled once its challenge window, or the resolve window of its challenge, has ended at the block that
 * derivation stands at; it is final, and dropped, once L1 has finalized that end. The ends are looked at in order: one
 * that is later holds back those behind it. What became of a challenge is remembered beyond that, until no derivation
 * can come to its commitment again.
 * Spec: experimental/alt-da, "Derivation"; op-node `op-alt-da/dastate.go`.
 */
export class ChallengeState {
  private commitments: TrackedCommitment[] = [];
  private settled: TrackedCommitment[] = [];
  private challenges: TrackedChallenge[] = [];
  private ended: TrackedChallenge[] = [];
  private readonly known = new Map<string, TrackedChallenge>();
  private finalCommitment: L1BlockRef | null = null;

  constructor(private readonly windows: ChallengeWindows) {}

  /** The L1 block of the last commitment that is final; null before the first. */
  get lastFinal(): L1BlockRef | null {
    return this.finalCommitment;
  }

  /** True while no commitment and no challenge waits for its end to be final. */
  get isIdle(): boolean {
    const { commitments, settled, challenges, ended } = this;
    return [commitments, settled, challenges, ended].every((queue) => queue.length === 0);
  }

  /** What has become of a commitment; null where it is not challenged. */
  challengeOf(commitment: Commitment, committedAt: bigint): Challenge | null {
    return this.known.get(keyOf({ commitment, committedAt })) ?? null;
  }

  /** @param at the number of the L1 block with the challenge. */
  challenged(place: CommitmentPlace, at: bigint): void {
    const resolveWindowEnd = at + this.windows.resolve;
    const challenge: TrackedChallenge = { status: 'active', resolvedBy: null, resolveWindowEnd };
    const key = keyOf(place);
    this.challenges.push(challenge);
    // One that is challenged again goes behind those before it: the order is that of the windows.
    this.known.delete(key);
    this.known.set(key, challenge);
  }

  /** @returns false where no challenge is known. */
  resolved(place: CommitmentPlace, by: TransactionPlace): boolean {
    const challenge = this.known.get(keyOf(place));
    if (challenge === undefined) return false;
    challenge.status = 'resolved';
    challenge.resolvedBy = by;
    return true;
  }

  /** Ends the challenges whose resolve window is over at that L1 block. @returns how many were not resolved. */
  expireChallenges(number: bigint): number {
    let expired = 0;
    const over = takeWhile(this.challenges, (challenge) => challenge.resolveWindowEnd <= number);
    for (const challenge of over) {
      this.ended.push(challenge);
      if (challenge.status !== 'active') continue;
      challenge.status = 'expired';
      expired += 1;
    }
    return expired;
  }

  /** The input of a commitment is, or is about to be, used. */
  track(commitment: Commitment, block: L1BlockRef): void {
    this.commitments.push({ commitment, block });
  }

  /** The input of the commitment that was tracked last is not used after all. */
  untrackLast(): void {
    this.commitments.pop();
  }

  /**
   * Settles the commitments whose window is over at that L1 block.
   * @returns the first one whose challenge was not resolved: what was derived from it is void; null where there is none.
   */
  settle(number: bigint): Commitment | null {
    const over = takeWhile(this.commitments, (tracked) => this.endOf(tracked) <= number);
    this.settled.push(...over);
    const isLost = ({ commitment, block }: TrackedCommitment): boolean => {
      const challenge = this.challengeOf(commitment, block.number);
      return challenge !== null && challenge.status !== 'resolved';
    };
    return over.find(isLost)?.commitment ?? null;
  }

  /** A commitment that is not settled yet and will not be kept: its challenge has expired; null where there is none. */
  get lost(): Commitment | null {
    const lost = this.commitments.find(
      ({ commitment, block }) => this.challengeOf(commitment, block.number)?.status === 'expired',
    );
    return lost?.commitment ?? null;
  }

  /** Drops what is final. @param number of the L1 block that L1 has finalized. */
  finalize(number: bigint): void {
    const final = takeWhile(this.settled, (tracked) => this.endOf(tracked) <= number);
    this.finalCommitment = final.at(-1)?.block ?? this.finalCommitment;
    takeWhile(this.ended, (challenge) => challenge.resolveWindowEnd <= number);
  }

  /** Forgets the challenges whose resolve window ended before that L1 block: nobody asks for them any more. */
  forgetBefore(number: bigint): void {
    for (const [key, challenge] of this.known) {
      if (challenge.resolveWindowEnd >= number) return;
      this.known.delete(key);
    }
  }

  /** Forgets the commitments: derivation comes to them again. */
  forgetCommitments(): void {
    this.commitments = [];
    this.settled = [];
  }

  /** Forgets the challenges too: L1 has another branch. */
  forgetAll(): void {
    this.forgetCommitments();
    this.challenges = [];
    this.ended = [];
    this.known.clear();
  }

  private endOf({ commitment, block }: TrackedCommitment): bigint {
    const challenge = this.known.get(keyOf({ commitment, committedAt: block.number }));
    return challenge?.resolveWindowEnd ?? block.number + this.windows.challenge;
  }
}

function keyOf({ commitment, committedAt }: CommitmentPlace): string {
  return `${committedAt}:${commitment.encoded}`;
}

/** Removes from the front what the test is true for. @returns what was removed. */
function takeWhile<T>(queue: T[], test: (item: T) => boolean): readonly T[] {
  const end = queue.findIndex((item) => !test(item));
  return queue.splice(0, end === -1 ? queue.length : end);
}
