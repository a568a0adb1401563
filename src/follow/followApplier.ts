import { hasCode, NodeError, toNodeError } from '../errors/nodeError.js';
import { abortedError, linkSignals } from '../runtime/abort.js';
import type { Clock } from '../runtime/clock.js';
import type { Settled } from '../runtime/laneQueue.js';
import type { Logger } from '../telemetry/logger.js';
import type { BlockId, Hash } from '../types/block.js';
import { blockId } from '../types/block.js';
import type { FollowRefusal, FollowResult, FollowTarget } from '../types/followTarget.js';
import type { PollEnd } from './choose/pollStrategy.js';
import type { FollowMetrics } from './followMetrics.js';
import type { PollResult } from './pollResult.js';
import type { FollowBlocksPort, FollowEnginePort, FollowL2Port } from './ports.js';
import type { AcceptedMemory } from './rules/acceptedMemory.js';
import type { AcceptVerdict } from './rules/verdict.js';

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
  /** Fetches blocks that the target needs; null when no block source is configured. */
  readonly blocks: FollowBlocksPort | null;
  readonly clock: Clock;
  readonly metrics: FollowMetrics;
  readonly log: Logger;
}

/** Hands accepted targets to the engine and notes what became of them. */
export class FollowApplier {
  private lastReplacing: Hash | null = null;

  constructor(private readonly deps: FollowApplierDeps) {}

  /**
   * @param refuted what was refuted when the check of this target began: what has been refuted since then, the engine
   * leaves already, and a target that may hold it must not bring it back.
   * @throws NodeError ABORTED only.
   */
  async apply(
    verdict: AcceptVerdict,
    refuted: BlockId | null,
    signal: AbortSignal,
  ): Promise<PollEnd> {
    const { target } = verdict;
    this.warnOfReplacement(verdict);
    this.deps.blocks?.offer(target.localSafe);
    if (!verdict.isOnOurChain && (await this.areBlocksComing(target, signal))) {
      this.deps.log.debug('Follow target waits for its blocks', {
        localSafe: blockId(target.localSafe),
      });
      return { result: 'success', why: 'accepted' };
    }
    if (this.deps.refuted() !== refuted) return { result: 'refuted', why: 'waiting' };
    const settled = await this.submit(target, signal);
    switch (settled.kind) {
      case 'ok':
        return this.settled(verdict, settled.value);
      case 'failed':
        return this.engineTrouble(settled.error);
      case 'superseded':
        this.deps.log.debug('Follow target was superseded');
        return { result: 'error_engine', why: 'waiting' };
      case 'aborted':
        throw abortedError();
    }
  }

  private settled(verdict: AcceptVerdict, result: FollowResult): PollEnd {
    const { target } = verdict;
    const { log, memory, metrics } = this.deps;
    switch (result.kind) {
      case 'refused':
        metrics.engineRefusals.inc({});
        log.warn('Our engine refused the follow target', {
          cause: result.cause ?? null,
          reason: result.reason,
          localSafe: blockId(target.localSafe),
        });
        return { result: refusalResult(result.cause), why: 'refused' };
      case 'syncing':
        return { result: 'success', why: 'accepted' };
      case 'applied':
        this.noteApplied(verdict, result.reorged);
        return { result: 'success', why: 'accepted' };
      case 'unchanged':
        memory.noteApplied(target);
        return { result: 'success', why: 'accepted' };
    }
  }

  private noteApplied(verdict: AcceptVerdict, reorged: boolean): void {
    const { log, memory, metrics } = this.deps;
    const { localSafe, safe, finalized, currentL1 } = verdict.target;
    memory.noteApplied(verdict.target);
    this.lastReplacing = null;
    if (verdict.replaces !== 'none' && verdict.replaces !== 'unsafeFork') {
      metrics.conflicts.inc({ kind: 'conflict', outcome: 'accepted' });
    }
    const fields = {
      localSafe: blockId(localSafe),
      safe: blockId(safe),
      finalized: finalized === null ? null : blockId(finalized),
      currentL1: currentL1 === null ? null : blockId(currentL1),
    };
    if (reorged) {
      metrics.reorgs.inc({});
      log.warn('Reorged to the followed chain', { ...fields, because: verdict.replaces });
    } else {
      log.info('Followed', fields);
    }
  }

  private warnOfReplacement({ replaces, target }: AcceptVerdict): void {
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
    if (blocks === null || !blocks.isWorking()) return false;
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

  private engineTrouble(error: NodeError): PollEnd {
    this.deps.log.warn('Our engine could not take the follow target', {
      code: error.code,
      error: error.message,
    });
    return { result: 'error_engine', why: 'waiting' };
  }
}

/** What the engine found with its own blocks counts as if it had been found here. */
function refusalResult(cause: FollowRefusal | undefined): PollResult {
  if (cause === 'finalized_conflict') return 'finalized_conflict';
  return cause === 'safe_conflict' ? 'conflict' : 'error_invalid_state';
}

function overdue(): NodeError {
  return new NodeError('TRANSPORT_TIMEOUT', 'engine did not settle the follow target in time', {
    severity: 'temporary',
  });
}
