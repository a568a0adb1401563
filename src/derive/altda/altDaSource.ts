import { NodeError, toNodeError } from '../../errors/nodeError.js';
import type { L1BlockRef } from '../../types/block.js';
import { blockId } from '../../types/block.js';
import { loggedCommitment } from '../../types/remoteText.js';
import type { DataProvider } from '../stages/frameQueue.js';
import type { Pull } from '../stages/pull.js';
import type { AltDa } from './altDa.js';
import type { Challenge, TransactionPlace } from './challengeState.js';
import type { Commitment } from './commitment.js';
import {
  COMMITMENT_VERSION,
  decodeCommitment,
  isCommittedTo,
  MAX_KECCAK_INPUT_BYTES,
} from './commitment.js';
import { resolvedInput } from './resolvedInput.js';

/** A commitment whose input is not here yet. */
interface Pending {
  readonly commitment: Commitment;
  /** The server has said that it lacks the input; it is asked again once L1 has nothing more to say. */
  isAbsent: boolean;
  /** That has been logged. */
  isTold: boolean;
  isTracked: boolean;
}

/** An input that is passed over, for op-node's reason. */
interface Skipped {
  readonly skipped: string;
}

/**
 * Puts inputs in the place of commitments in batcher data; what is no commitment passes. An input comes from the DA
 * server, or from the transaction on L1 that resolved its challenge. One whose challenge expired is passed over; where
 * it had been used already, everything starts over without it. While the server cannot give an input, challenges are
 * read ahead: L1 may say what the input is, or that it is lost.
 * Failure: temporary as long as the input may still come, and with another server it always may.
 * Differs: op-node ends where an input is missing past its challenge window, and starts over once more for a lost input
 * that it waited for and never used; the tests of the source pin it.
 * Spec: experimental/alt-da, "Derivation"; op-node `rollup/derive/altda_data_source.go`, `op-alt-da/damgr.go` GetInput.
 */
export class AltDaSource implements DataProvider {
  private pending: Pending | null = null;
  /** The last L1 block whose number settled commitments; they are at most settled once a block. */
  private settledAt: bigint | null = null;

  constructor(
    private readonly previous: DataProvider,
    private readonly altDa: AltDa,
  ) {}

  get origin(): L1BlockRef {
    return this.previous.origin;
  }

  async nextData(signal: AbortSignal): Promise<Pull<Uint8Array>> {
    const block = this.origin;
    if (!(await this.altDa.challenges.advance(block, signal))) return 'again';
    this.settle(block);
    if (this.pending === null) {
      const data = await this.previous.nextData(signal);
      if (typeof data === 'string' || data[0] !== COMMITMENT_VERSION) return data;
      const commitment = decodeCommitment(data.subarray(1));
      if (commitment === null) return this.drop('invalid commitment', { size: data.length });
      this.pending = { commitment, isAbsent: false, isTold: false, isTracked: false };
    }
    const { commitment } = this.pending;
    const input = await this.inputOf(this.pending, block, signal);
    if (input === 'again') return 'again';
    this.pending = null;
    if ('skipped' in input)
      return this.drop(input.skipped, { comm: loggedCommitment(commitment.encoded) });
    const isTooLarge = commitment.kind === 'keccak' && input.length > MAX_KECCAK_INPUT_BYTES;
    if (!isTooLarge) return input;
    return this.drop('input data exceeds max size', { size: input.length });
  }

  /**
   * Reads challenges ahead to the end of the windows of what was used, or of L1: for those who must not take what is
   * going to be void for what the chain is.
   * @throws NodeError DERIVE_DA_CHALLENGE_EXPIRED (reset) where something that was used is lost; of L1.
   */
  async settleAhead(signal: AbortSignal): Promise<void> {
    const { state, challenges, kind, windows } = this.altDa;
    if (kind === 'generic') return;
    const end = this.origin.number + windows;
    while (state.lost === null && (challenges.readTo?.number ?? end) < end) {
      if (!(await challenges.lookAhead(signal))) break;
    }
    if (state.lost !== null) throw expired(state.lost, this.origin);
  }

  reset(): void {
    this.pending = null;
    this.settledAt = null;
    this.altDa.reset();
  }

  /** @throws NodeError DERIVE_DA_CHALLENGE_EXPIRED (reset). */
  private settle(block: L1BlockRef): void {
    if (this.settledAt !== null && block.number <= this.settledAt) return;
    const lost = this.altDa.state.settle(block.number);
    if (lost !== null) throw expired(lost, block);
    this.settledAt = block.number;
  }

  private async inputOf(
    pending: Pending,
    block: L1BlockRef,
    signal: AbortSignal,
  ): Promise<Uint8Array | Skipped | 'again'> {
    const { state, kind } = this.altDa;
    const { commitment } = pending;
    if (commitment.kind !== kind) return { skipped: 'commitment mismatch, skipping batch' };
    const challenge = state.challengeOf(commitment, block.number);
    if (challenge?.status === 'expired') {
      // It was not used: the others that were tracked meanwhile are none.
      if (pending.isTracked) state.untrackLast();
      return { skipped: 'challenge expired, skipping batch' };
    }
    if (!pending.isTracked) state.track(commitment, block);
    pending.isTracked = true;
    const place = challenge?.resolvedBy ?? null;
    if (place !== null) return this.inputOnL1(commitment, place, signal);
    const input = pending.isAbsent ? null : await this.ask(pending, block, signal);
    if (input !== null) return input;
    await this.waitFor(pending, challenge, block, signal);
    return 'again';
  }

  /** Null where the server does not have it. @throws NodeError DERIVE_DA_INPUT_UNAVAILABLE (temporary), of L1. */
  private async ask(
    pending: Pending,
    block: L1BlockRef,
    signal: AbortSignal,
  ): Promise<Uint8Array | null> {
    const { commitment } = pending;
    const { verifyOnRead, endpoint, state, deps } = this.altDa;
    if (deps.server === null) throw noServer(commitment, block);
    try {
      const input = await deps.server.input(commitment, block, signal);
      if (input === null) return this.noteAbsent(pending);
      if (!verifyOnRead || isCommittedTo(commitment, input)) return input;
      throw mismatch(input);
    } catch (thrown) {
      const error = toNodeError(thrown);
      if (error.severity !== 'temporary' || signal.aborted) throw error;
      // One more block at each failure: L1 may make the server unnecessary.
      const challenge = state.challengeOf(commitment, block.number);
      if (this.mayBeDecided(challenge, block)) await this.altDa.challenges.lookAhead(signal);
      throw unavailable(commitment, block, { endpoint, error });
    }
  }

  private noteAbsent(pending: Pending): null {
    pending.isAbsent = true;
    if (!pending.isTold) {
      const comm = loggedCommitment(pending.commitment.encoded);
      this.drop('data not found for the given commitment', { comm });
    }
    pending.isTold = true;
    return null;
  }

  /** Reads on in L1. @throws NodeError DERIVE_DA_INPUT_MISSING (temporary) where that cannot help, or not yet. */
  private async waitFor(
    pending: Pending,
    challenge: Challenge | null,
    block: L1BlockRef,
    signal: AbortSignal,
  ): Promise<void> {
    const { challenges, challengeWindow, endpoint } = this.altDa;
    const mayBeDecided = this.mayBeDecided(challenge, block);
    if (mayBeDecided && (await challenges.lookAhead(signal))) return;
    pending.isAbsent = false;
    throw new NodeError('DERIVE_DA_INPUT_MISSING', missingMessage(mayBeDecided), {
      severity: 'temporary',
      fields: {
        endpoint,
        comm: loggedCommitment(pending.commitment.encoded),
        l1: blockId(block),
        challenge: challenge?.status ?? 'none',
        challengeWindowEnd: block.number + challengeWindow,
        challengesReadTo: challenges.readTo?.number,
      },
    });
  }

  /** Whether L1 may still say more of a commitment: a challenge is open, or may be made in a block that is not read yet. */
  private mayBeDecided(challenge: Challenge | null, block: L1BlockRef): boolean {
    const { kind, challenges, challengeWindow } = this.altDa;
    if (kind === 'generic') return false;
    if (challenge !== null) return challenge.status === 'active';
    return (challenges.readTo?.number ?? 0n) <= block.number + challengeWindow;
  }

  /** The event was only taken with a transaction that carries the input. */
  private async inputOnL1(
    commitment: Commitment,
    { block, index }: TransactionPlace,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const found = await this.altDa.deps.l1.l1TransactionsAt(block, [index], signal);
    const input = found === null ? null : resolvedInput(found[0] ?? new Uint8Array(0));
    if (input !== null && isCommittedTo(commitment, input)) return input;
    throw new NodeError('DERIVE_L1_UNAVAILABLE', 'L1 lacks the transaction of a resolution', {
      severity: 'temporary',
      fields: { hash: block, index, comm: loggedCommitment(commitment.encoded) },
    });
  }

  private drop(message: string, fields: Readonly<Record<string, unknown>>): 'again' {
    this.altDa.deps.observer.dropped(message, { ...fields, origin: blockId(this.origin) });
    return 'again';
  }
}

function missingMessage(mayBeDecided: boolean): string {
  return mayBeDecided
    ? 'the DA server does not have an input that may still be challenged or resolved on L1'
    : 'the DA server does not have an input, and L1 has nothing more to say about it';
}

function unavailable(
  commitment: Commitment,
  block: L1BlockRef,
  { endpoint, error }: { readonly endpoint: string | null; readonly error: NodeError },
): NodeError {
  return new NodeError('DERIVE_DA_INPUT_UNAVAILABLE', 'the DA server did not give an input', {
    severity: 'temporary',
    fields: {
      endpoint,
      ...error.fields,
      comm: loggedCommitment(commitment.encoded),
      l1: blockId(block),
      came: error.message,
    },
    cause: error,
  });
}

function mismatch({ length }: Uint8Array): NodeError {
  return new NodeError(
    'DERIVE_DA_INPUT_MISMATCH',
    'the answer is not the input of the commitment',
    { severity: 'temporary', fields: { size: length } },
  );
}

function expired(lost: Commitment, block: L1BlockRef): NodeError {
  return new NodeError('DERIVE_DA_CHALLENGE_EXPIRED', 'new expired challenge', {
    severity: 'reset',
    fields: { comm: loggedCommitment(lost.encoded), l1: blockId(block) },
  });
}

function noServer(commitment: Commitment, block: L1BlockRef): NodeError {
  return new NodeError(
    'DERIVE_NO_DA_SERVER',
    'batcher data is a commitment and no DA server is configured',
    {
      severity: 'temporary',
      fields: { comm: loggedCommitment(commitment.encoded), l1: blockId(block) },
    },
  );
}
