import { NodeError } from '../../errors/nodeError.js';
import type { Address, L1BlockRef } from '../../types/block.js';
import { blockId } from '../../types/block.js';
import type { DeriveObserver } from '../ports.js';
import type { ChallengeEvent } from './challengeEvents.js';
import { challengeEvents } from './challengeEvents.js';
import type { ChallengeState } from './challengeState.js';
import type { CommitmentKind } from './commitment.js';
import { isCommittedTo } from './commitment.js';
import type { ChallengeL1, ChallengeRecorder } from './ports.js';
import { resolvedInput } from './resolvedInput.js';

export interface ChallengeReaderOptions {
  readonly contract: Address;
  readonly kind: CommitmentKind;
  /** L1 blocks behind derivation whose commitments no reset comes to again. */
  readonly memoryBlocks: bigint;
}

export interface ChallengeReaderDeps {
  readonly state: ChallengeState;
  readonly l1: ChallengeL1;
  readonly recorder: ChallengeRecorder;
  readonly observer: DeriveObserver;
}

/**
 * Reads the challenge contract's events, L1 block by L1 block, at derivation's origin and ahead of it. Blocks link to
 * each other; what was read stays over resets as long as L1 has the block that was read last, and is read again at once
 * where it does not: what is known to be lost is not derived once more. With generic commitments there is no contract, and nothing to read.
 * Failure: temporary ones leave everything as before the block; another branch of L1 is a reset.
 * Differs: op-node forgets all challenges at a reset but that for an expired one, goes on over a reorg while it reads
 * ahead, and passes over resolutions whose transaction it fails to fetch; the tests of the reader pin it.
 * op-node `op-alt-da/damgr.go`.
 */
export class ChallengeReader {
  /** The first and the last block that were read; null before the first. */
  private read: { readonly from: bigint; readonly to: L1BlockRef } | null = null;
  private isProven = true;
  /** The highest block that was ever read: what had to be forgotten is read again up to there. */
  private highest = 0n;
  private readonly options: ChallengeReaderOptions;
  private readonly deps: ChallengeReaderDeps;

  constructor(options: ChallengeReaderOptions, deps: ChallengeReaderDeps) {
    this.options = options;
    this.deps = deps;
  }

  /** The last block that was read; null before the first. */
  get readTo(): L1BlockRef | null {
    return this.read?.to ?? null;
  }

  /** Derivation starts over at some block: what was read may be of another branch. */
  reset(): void {
    this.isProven = false;
  }

  /**
   * Derivation is at that block: reads it, unless it was read ahead.
   * @returns false while less is known than before: one more block has been read again, and the next call goes on.
   * @throws NodeError DERIVE_L1_REORG (reset) where it does not link to what was read; DERIVE_L1_UNAVAILABLE (temporary).
   */
  async advance(block: L1BlockRef, signal: AbortSignal): Promise<boolean> {
    if (!this.isProven) await this.prove(block, signal);
    await this.follow(block, signal);
    const readTo = this.readTo?.number ?? block.number;
    if (readTo >= this.highest) return true;
    if (await this.lookAhead(signal)) return false;
    this.highest = readTo;
    return true;
  }

  /**
   * Reads the next block beyond those read.
   * @returns false when L1 does not have it yet.
   * @throws as `advance`.
   */
  async lookAhead(signal: AbortSignal): Promise<boolean> {
    const to = this.readTo;
    if (to === null) return false;
    const next = await this.deps.l1.l1BlockRefByNumber(to.number + 1n, signal);
    if (next === null) return false;
    if (next.parentHash !== to.hash) throw reorg(to, next);
    await this.take(next, signal);
    return true;
  }

  private async follow(block: L1BlockRef, signal: AbortSignal): Promise<void> {
    const to = this.readTo;
    if (to === null) return this.take(block, signal);
    if (block.number < to.number) return;
    if (block.number > to.number) {
      if (block.parentHash !== to.hash) throw reorg(to, block);
      return this.take(block, signal);
    }
    if (block.hash !== to.hash) throw reorg(to, block);
  }

  private async prove(block: L1BlockRef, signal: AbortSignal): Promise<void> {
    const isKept = this.read !== null && (await this.holds(this.read, block, signal));
    if (!isKept) {
      this.read = null;
      this.deps.state.forgetAll();
    }
    this.isProven = true;
  }

  /** Whether all challenges from `block` on up to the last block read are known, and that one is still on the chain. */
  private async holds(
    { from, to }: { readonly from: bigint; readonly to: L1BlockRef },
    block: L1BlockRef,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (block.number < from || block.number > to.number + 1n) return false;
    if (block.number === to.number + 1n) return block.parentHash === to.hash;
    const canonical = await this.deps.l1.l1BlockRefByNumber(to.number, signal);
    if (canonical === null) throw unavailable('L1 lacks a block that it had', to);
    return canonical.hash === to.hash;
  }

  private async take(block: L1BlockRef, signal: AbortSignal): Promise<void> {
    const { state, recorder } = this.deps;
    if (this.options.kind === 'keccak') await this.takeEvents(block, signal);
    const expired = state.expireChallenges(block.number);
    recorder.counted('expired', expired);
    state.forgetBefore(block.number - this.options.memoryBlocks);
    this.read = { from: this.read?.from ?? block.number, to: block };
    if (block.number > this.highest) this.highest = block.number;
    recorder.readTo(block.number);
  }

  private async takeEvents(block: L1BlockRef, signal: AbortSignal): Promise<void> {
    const { l1, observer } = this.deps;
    const receipts = await l1.l1ReceiptsByHash(block.hash, signal);
    if (receipts === null) throw unavailable('failed to fetch receipts of L1 block', block);
    const { events, malformed } = challengeEvents(receipts, this.options.contract);
    if (malformed > 0) {
      observer.dropped('failed to decode challenge event', { block: block.number, malformed });
    }
    const refuted = await this.refutedResolutions(events, block, signal);
    // Nothing is waited for from here on: a block is taken as a whole.
    for (const event of events) {
      if (!refuted.has(event)) this.apply(event, block);
      else observer.dropped('failed to verify commitment', eventFields(event, block));
    }
  }

  /** The resolutions whose transaction does not carry the input of their commitment. */
  private async refutedResolutions(
    events: readonly ChallengeEvent[],
    block: L1BlockRef,
    signal: AbortSignal,
  ): Promise<ReadonlySet<ChallengeEvent>> {
    const resolutions = events.filter(({ status }) => status === 'resolved');
    if (resolutions.length === 0) return new Set();
    const places = resolutions.map(({ txIndex }) => txIndex);
    const transactions = await this.deps.l1.l1TransactionsAt(block.hash, places, signal);
    if (transactions === null)
      throw unavailable('failed to fetch the resolving transactions', block);
    const isRefuted = ({ commitment }: ChallengeEvent, index: number): boolean => {
      const input = resolvedInput(transactions[index] ?? new Uint8Array(0));
      return input === null || !isCommittedTo(commitment, input);
    };
    return new Set(resolutions.filter(isRefuted));
  }

  private apply(event: ChallengeEvent, block: L1BlockRef): void {
    const { state, recorder, observer } = this.deps;
    const { status, commitment, committedAt, txIndex } = event;
    const fields = eventFields(event, block);
    if (status === 'active') {
      observer.noted('detected new active challenge', fields);
      state.challenged({ commitment, committedAt }, block.number);
    } else if (state.resolved({ commitment, committedAt }, { block: block.hash, index: txIndex })) {
      observer.noted('challenge resolved', fields);
    } else {
      return;
    }
    recorder.counted(status, 1);
  }
}

function eventFields({ commitment, committedAt, txIndex }: ChallengeEvent, block: L1BlockRef) {
  return { block: blockId(block), txIdx: txIndex, comm: commitment.encoded, committedAt };
}

function reorg(to: L1BlockRef, block: L1BlockRef): NodeError {
  return new NodeError('DERIVE_L1_REORG', 'detected L1 reorg under the challenges', {
    severity: 'reset',
    fields: { readTo: blockId(to), next: blockId(block), parentHash: block.parentHash },
  });
}

function unavailable(message: string, { hash, number }: L1BlockRef): NodeError {
  return new NodeError('DERIVE_L1_UNAVAILABLE', message, {
    severity: 'temporary',
    fields: { hash, number },
  });
}
