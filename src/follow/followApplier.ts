import { hasCode, NodeError, toNodeError } from '../errors/nodeError.js';
import { abortedError, linkSignals } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';
import type { Settled } from '../runtime/laneQueue.js';
import type { Logger } from '../telemetry/logger.js';
import type { BlockId, Hash } from '../types/block.js';
import { blockId } from '../types/block.js';
import type { FollowRefusal, FollowResult, FollowTarget } from '../types/followTarget.js';
import type { PendingMove } from './chainMove.js';
import { ChainMove } from './chainMove.js';
import type { Poll } from './choose/strategy.js';
import type { FollowMetrics } from './followMetrics.js';
import type { Accepted, Held, PollOutcome } from './pollOutcome.js';
import { held } from './pollOutcome.js';
import type { FollowBlocksPort, FollowEnginePort, FollowL2Port } from './ports.js';
import type { AcceptedMemory } from './rules/acceptedMemory.js';

/** Longer than the engine's own request timeout; past it a fresh status is worth more than this one. */
const SUBMIT_TIMEOUT_MS = 60_000;

/** The few blocks between two polls come in less; a longer catching-up goes on beside the polls. */
const BLOCKS_WAIT_MS = 1_000;

export interface FollowApplierDeps {
  readonly engine: FollowEnginePort;
  readonly l2: FollowL2Port;
  /** The block that verification has refuted; null while there is none. */
  readonly refuted: () => BlockId | null;
  readonly memory: AcceptedMemory;
  readonly blocks: FollowBlocksPort;
  readonly clock: Clock;
  readonly metrics: FollowMetrics;
  readonly log: Logger;
}

/** Hands accepted targets to the engine and notes what became of them. */
export class FollowApplier {
  private readonly move: ChainMove;
  private lastReplacing: Hash | null = null;

  constructor(private readonly deps: FollowApplierDeps) {
    this.move = new ChainMove(deps.engine);
  }

  /**
   * Has the engine take the target of an accepted poll. Where the engine finds that the target contradicts our safe head,
   * the poll's appeal decides whether it is taken all the same.
   * @param refuted what was refuted when the check of this target began: what has been refuted since then, the engine
   * leaves already, and a target that may hold it must not bring it back.
   * @throws NodeError ABORTED only.
   */
  async apply(
    { outcome, appeal }: Pick<Poll, 'outcome' | 'appeal'>,
    refuted: BlockId | null,
    signal: AbortSignal,
  ): Promise<PollOutcome> {
    if (outcome.kind === 'held') return this.holding(outcome, signal);
    const end = await this.lead({ accepted: outcome, refuted }, signal);
    if (end.kind !== 'contradicted') return end;
    const again = await appeal(end.theirs, signal);
    if (again.kind === 'held') return again;
    const second = await this.lead({ accepted: again, refuted }, signal);
    return second.kind === 'contradicted' ? second.held : second;
  }

  /** What the engine has yet to reach is reached for also while the source is silent. */
  private async holding(outcome: Held, signal: AbortSignal): Promise<Held> {
    const pending = this.move.goesOn(outcome, this.deps.clock.monotonicMs());
    if (pending !== null) await this.take(pending, signal);
    return outcome;
  }

  private async lead(move: PendingMove, signal: AbortSignal): Promise<PollOutcome | Contradicted> {
    const isOurs = await this.isOurs(move.accepted, signal);
    this.move.begin(move, isOurs, this.deps.clock.monotonicMs());
    return this.take(move, signal);
  }

  /**
   * Whether our chain has the target by now: a status was judged against heads that may have moved since, and one that may
   * replace safe heads often leaves our unsafe ones as they are. Where it cannot be found out it counts as another chain.
   */
  private async isOurs({ isOnOurChain, target }: Accepted, signal: AbortSignal): Promise<boolean> {
    if (isOnOurChain) return true;
    const { engine, l2 } = this.deps;
    const { localSafe } = target;
    const { unsafe } = engine.heads.get();
    if (unsafe.number < localSafe.number) return false;
    try {
      const found = await l2.l2BlockRefsAt([localSafe, unsafe], signal);
      return [localSafe, unsafe].every(({ number, hash }) => found.get(number)?.hash === hash);
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return false;
    }
  }

  private async take(
    { accepted, refuted }: PendingMove,
    signal: AbortSignal,
  ): Promise<PollOutcome | Contradicted> {
    const { target } = accepted;
    this.warnOfReplacement(accepted);
    this.deps.blocks.offer(target.localSafe);
    if (!accepted.isOnOurChain && (await this.areBlocksComing(target, signal))) {
      this.deps.log.debug('Follow target waits for its blocks', {
        localSafe: blockId(target.localSafe),
      });
      return accepted;
    }
    if (this.deps.refuted() !== refuted) {
      this.move.end();
      return held('waiting', 'refuted', 'a block was refuted while the status was checked');
    }
    const settled = await this.submit(target, signal);
    switch (settled.kind) {
      case 'ok':
        return this.settled(accepted, settled.value);
      case 'failed':
        return engineTrouble(settled.error);
      case 'superseded':
        return held('waiting', 'error_engine', 'another target came first');
      case 'aborted':
        throw abortedError();
    }
  }

  private settled(accepted: Accepted, result: FollowResult): PollOutcome | Contradicted {
    if (result.kind !== 'syncing') this.move.end();
    switch (result.kind) {
      case 'refused': {
        this.deps.metrics.engineRefusals.inc({});
        const refusal = refusedByEngine(result);
        const { theirs } = result;
        return theirs === undefined ? refusal : { kind: 'contradicted', theirs, held: refusal };
      }
      case 'syncing':
        return accepted;
      case 'applied':
        this.noteApplied(accepted, result.reorged);
        return accepted;
      case 'unchanged':
        this.deps.memory.noteApplied(accepted.target);
        return accepted;
    }
  }

  private noteApplied(accepted: Accepted, reorged: boolean): void {
    const { log, memory, metrics } = this.deps;
    const { localSafe, safe, finalized, currentL1 } = accepted.target;
    memory.noteApplied(accepted.target);
    this.lastReplacing = null;
    if (accepted.replaces !== 'none' && accepted.replaces !== 'unsafeFork') {
      metrics.conflicts.inc({ kind: 'conflict', outcome: 'accepted' });
    }
    // op-node's names: e is for external.
    const fields = {
      eSafe: blockId(safe),
      eLocalSafe: blockId(localSafe),
      eFinalized: finalized === null ? null : blockId(finalized),
      eCurrentL1: currentL1 === null ? null : blockId(currentL1),
    };
    if (reorged) {
      metrics.reorgs.inc({});
      log.warn('Reorged to the followed chain', { ...fields, because: accepted.replaces });
    } else {
      log.info('Follow Upstream', fields);
    }
  }

  private warnOfReplacement({ replaces, target }: Accepted): void {
    if (replaces === 'none' || replaces === 'unsafeFork') return;
    if (this.lastReplacing === target.safe.hash) return;
    this.lastReplacing = target.safe.hash;
    this.deps.log.warn('Follow status replaces our safe head', {
      because: replaces,
      ours: blockId(this.deps.engine.heads.get().safe),
      theirs: blockId(target.safe),
    });
  }

  /** True when the target's block is not in our execution layer, is being fetched, and did not come at once. */
  private async areBlocksComing(target: FollowTarget, signal: AbortSignal): Promise<boolean> {
    const { blocks, l2 } = this.deps;
    if (!blocks.isWorking()) return false;
    try {
      if ((await l2.l2BlockRefByHash(target.localSafe.hash, signal)) !== null) return false;
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return false;
    }
    const isHere = await blocks.fetched(target.localSafe, BLOCKS_WAIT_MS, signal);
    return !isHere && blocks.isWorking();
  }

  /** A task that the engine keeps retrying is given up for a fresher status. */
  private async submit(target: FollowTarget, signal: AbortSignal): Promise<Settled<FollowResult>> {
    const linked = linkSignals(signal);
    const cancel = this.deps.clock.schedule(SUBMIT_TIMEOUT_MS, () => linked.abort());
    try {
      const settled = await this.deps.engine.follow(target, linked.signal);
      const isOverdue = settled.kind === 'aborted' && linked.signal.aborted && !signal.aborted;
      return isOverdue ? { kind: 'failed', error: overdue() } : settled;
    } catch (thrown) {
      if (signal.aborted) throw abortedError(thrown);
      return { kind: 'failed', error: toNodeError(thrown) };
    } finally {
      cancel();
      linked.dispose();
    }
  }
}

/** The engine found another block than our safe head on the target's chain. */
interface Contradicted {
  readonly kind: 'contradicted';
  readonly theirs: BlockId;
  /** How the poll ends where nothing speaks for their block. */
  readonly held: Held;
}

function engineTrouble({ code, message }: NodeError): Held {
  return held('waiting', 'error_engine', 'our engine could not take the target', {
    code,
    error: message,
  });
}

function refusedByEngine({ cause, reason }: Extract<FollowResult, { kind: 'refused' }>): Held {
  return held('refused', refusalResult(cause), 'our engine refused the target', {
    cause: cause ?? null,
    because: reason,
  });
}

/** What the engine found with its own blocks counts as if it had been found here. */
function refusalResult(cause: FollowRefusal | undefined): Held['result'] {
  if (cause === 'finalized_conflict') return 'finalized_conflict';
  return cause === 'safe_conflict' ? 'conflict' : 'error_invalid_state';
}

function overdue(): NodeError {
  return new NodeError('TRANSPORT_TIMEOUT', 'engine did not settle the follow target in time', {
    severity: 'temporary',
  });
}
