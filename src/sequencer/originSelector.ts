import { NodeError, toNodeError } from '../errors/nodeError.js';
import { maxSequencerDrift } from '../rollup/chainLimits.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Clock } from '../runtime/clock.js';
import type { Log } from '../telemetry/logger.js';
import { withDeadline } from '../transport/deadline.js';
import type { BlockId, Hash, L1BlockRef, L2BlockRef } from '../types/block.js';
import type { SequencerL1 } from './ports.js';

/** The L1 origin of the next block, or why there is none now. */
export type OriginChoice =
  | { readonly kind: 'origin'; readonly origin: L1BlockRef }
  /** L1 does not have, or did not tell, a block that is needed: ask again in a while. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** The head builds on an L1 block that is gone: the heads must be found again. */
  | { readonly kind: 'conflict'; readonly reason: string; readonly origin: L1BlockRef };

/** What the choice is made from. */
export interface OriginCandidates {
  readonly head: L2BlockRef;
  /** The L1 origin of the head. */
  readonly current: L1BlockRef;
  /** The L1 block after it; null while it is not there. */
  readonly next: L1BlockRef | null;
}

type Config = Pick<RollupConfig, 'blockTime' | 'forks' | 'channelTimeout' | 'maxSequencerDrift'>;

/**
 * The next L1 block as soon as the new block is not older than it; else the head's own while the drift allows.
 * Spec: protocol/derivation, "Batch Queue"; op-node `rollup/sequencing/origin_selector.go`.
 */
export function chooseOrigin(
  config: Config,
  { head, current, next }: OriginCandidates,
): OriginChoice {
  if (head.l1Origin.hash !== current.hash) {
    return { kind: 'conflict', reason: 'it is not the L1 origin of the head', origin: current };
  }
  if (next !== null && next.parentHash !== current.hash) {
    return { kind: 'conflict', reason: 'the next L1 block does not build on it', origin: next };
  }
  const timestamp = head.timestamp + config.blockTime;
  if (next !== null) {
    return { kind: 'origin', origin: timestamp >= next.timestamp ? next : current };
  }
  const maxDrift = maxSequencerDrift(config, current.timestamp);
  if (timestamp <= current.timestamp + maxDrift) return { kind: 'origin', origin: current };
  return {
    kind: 'unavailable',
    reason: `the next L1 block is needed: drift would exceed ${maxDrift} seconds`,
  };
}

export interface OriginSelectorDeps {
  readonly l1: SequencerL1;
  /** Of the L1 head; a next block that was seen under another head is looked up again. */
  readonly l1Head: () => Hash;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * From the time that L1 was asked for the next L1 block, a block that is due waits no longer for it. op-node gives the same
 * to its look ahead, after each new head; its due block waits for nothing.
 */
const NEXT_TIMEOUT_MS = 500;

/** The next L1 block as it was seen under an L1 head. */
interface SeenNext {
  readonly parent: Hash;
  readonly l1Head: Hash;
  readonly ref: L1BlockRef;
}

/** A request for the next L1 block that has no answer yet. */
interface Lookup extends Omit<SeenNext, 'ref'> {
  /** Monotonic. */
  readonly askedMs: number;
  readonly answer: Promise<L1BlockRef | null>;
}

/**
 * Finds the L1 origin of the next block. Keeps the head's origin and the block after it, so that a block that is due
 * waits for no request in the common case; a kept next block is never older than the newest L1 head. An answer that comes
 * too late for one block is there for the next.
 */
export class OriginSelector {
  private current: L1BlockRef | null = null;
  private next: SeenNext | null = null;
  private pending: Lookup | null = null;

  constructor(
    private readonly config: Config,
    private readonly deps: OriginSelectorDeps,
  ) {}

  /**
   * @param isRecovering blocks must be those that derivation would fill in, so the next L1 block must be known not to
   * be there; otherwise an L1 that does not answer within half a second is taken for one that has no next block,
   * while the drift allows.
   * @throws NodeError temporary, where L1 cannot be asked.
   */
  async find(head: L2BlockRef, isRecovering: boolean, signal: AbortSignal): Promise<OriginChoice> {
    const current = await this.origin(head.l1Origin, signal);
    if (current === null) {
      return { kind: 'unavailable', reason: 'L1 does not know the L1 origin of the head' };
    }
    if (!isRecovering) {
      const next = await this.afterOrNull(current, signal);
      const choice = chooseOrigin(this.config, { head, current, next });
      // With the drift used up there is no block without the next L1 block: an L1 that is slow is waited for.
      if (choice.kind !== 'unavailable') return choice;
    }
    const next = await this.after(current, signal);
    return chooseOrigin(this.config, { head, current, next });
  }

  /** Looks up ahead of time what `find` and the attributes will need. A failure is left to them. */
  async prefetch(head: L2BlockRef, signal: AbortSignal): Promise<void> {
    try {
      const current = await this.origin(head.l1Origin, signal);
      const next = current === null ? null : await this.after(current, signal);
      if (next !== null) await this.deps.l1.readAhead(next, signal);
    } catch (thrown) {
      const { code, message } = toNodeError(thrown);
      this.deps.log.debug('Failed to read the next L1 origin ahead', { err: message, code });
    }
  }

  private async origin(id: BlockId, signal: AbortSignal): Promise<L1BlockRef | null> {
    if (this.current?.hash === id.hash) return this.current;
    const found =
      this.next?.ref.hash === id.hash
        ? this.next.ref
        : await this.deps.l1.l1BlockRefByHash(id.hash, signal);
    if (found !== null) this.current = found;
    return found;
  }

  private async afterOrNull(current: L1BlockRef, signal: AbortSignal): Promise<L1BlockRef | null> {
    const { clock } = this.deps;
    const answer = this.after(current, signal);
    const askedMs = this.pending?.askedMs ?? clock.monotonicMs();
    const timeoutMs = Math.max(0, askedMs + NEXT_TIMEOUT_MS - clock.monotonicMs());
    try {
      return await withDeadline(
        { clock, timeoutMs, signal, timeoutError: nextTimeout },
        () => answer,
      );
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const { code, message } = toNodeError(thrown);
      this.deps.log.error('Failed to get next origin', { err: message, code });
      return null;
    }
  }

  private after(current: L1BlockRef, signal: AbortSignal): Promise<L1BlockRef | null> {
    const l1Head = this.deps.l1Head();
    const isFor = (known: Omit<SeenNext, 'ref'> | null): boolean =>
      known?.parent === current.hash && known.l1Head === l1Head;
    if (this.next !== null && isFor(this.next)) return Promise.resolve(this.next.ref);
    if (this.pending === null || !isFor(this.pending)) {
      this.pending = this.lookUp(current, l1Head, signal);
    }
    return this.pending.answer;
  }

  private lookUp(current: L1BlockRef, l1Head: Hash, signal: AbortSignal): Lookup {
    const { l1, clock } = this.deps;
    const lookup: Lookup = {
      parent: current.hash,
      l1Head,
      askedMs: clock.monotonicMs(),
      answer: l1.l1BlockRefByNumber(current.number + 1n, signal),
    };
    const settle = (ref: L1BlockRef | null): void => {
      // What was asked for under an older L1 head comes too late for ever.
      if (this.pending !== lookup) return;
      this.pending = null;
      if (ref !== null) this.next = { parent: current.hash, l1Head, ref };
    };
    lookup.answer.then(settle, () => settle(null));
    return lookup;
  }
}

function nextTimeout(): NodeError {
  return new NodeError('SEQUENCER_L1_TIMEOUT', 'L1 did not tell the next L1 origin in time', {
    severity: 'temporary',
  });
}
