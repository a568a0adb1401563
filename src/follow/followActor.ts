import { hasCode, toNodeError } from '../errors/nodeError.js';
import { throwIfAborted } from '../runtime/abort.js';
import type { Actor } from '../runtime/actor.js';
import { Backoff } from '../runtime/backoff.js';
import type { Clock, Random } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';
import type { BlockId } from '../types/block.js';
import { blockId, isZeroRef } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type { PollEnd, PolledStatus, PollStrategy } from './choose/pollStrategy.js';
import { ConflictWatch } from './conflictWatch.js';
import { ElSyncGate } from './elSyncGate.js';
import type { FollowApplier } from './followApplier.js';
import type { FollowMetrics } from './followMetrics.js';
import type { FollowEnginePort } from './ports.js';

/** A failing source is asked at least this often, unless the poll interval is longer. */
const MAX_BACKOFF_MS = 10_000;

/** The same refusal is warned about once in this time, and said at debug level in between. */
const WARN_EVERY_MS = 60_000;

/** What the operator is told when a conflict lasts. */
const WAY_OUT =
  'restart to let the first checked status replace the safe head (never below the proven finalized head), see docs/follow.md';

export interface FollowActorOptions {
  /** Above 0. */
  readonly pollIntervalMs: number;
}

export interface FollowActorDeps {
  readonly strategy: PollStrategy;
  readonly applier: Pick<FollowApplier, 'apply'>;
  readonly engine: Pick<FollowEnginePort, 'heads'>;
  /** The block that verification has refuted; null while there is none. */
  readonly refuted: () => BlockId | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: FollowMetrics;
  readonly log: Logger;
}

/**
 * Follows: reads one status per poll interval (the first at once), has it checked and applied, and counts how it
 * ended. It only sequences; what to believe is decided by StatusChecker, whom to ask by the strategy.
 * In: statuses of the sources, heads of our engine. Out: follow targets to the engine.
 * Run by the supervisor in follow mode only. Nothing that a source or our own side does stops it: failures are
 * counted, logged and tried again, slower while a source fails. op-node `rollup/driver/driver.go` followUpstream.
 * Differs: op-node polls every two block times, first after one such time, from its event loop.
 */
export class FollowActor implements Actor {
  readonly name = 'follow';
  private readonly gate = new ElSyncGate();
  private readonly conflicts = new ConflictWatch();
  private readonly backoff: Backoff;
  private dueMs: number;
  private lastGoodMs: number;
  private lastWarning: { readonly key: string; readonly atMs: number } | null = null;

  constructor(
    private readonly options: FollowActorOptions,
    private readonly deps: FollowActorDeps,
  ) {
    const { pollIntervalMs: initialMs } = options;
    const maxMs = Math.max(MAX_BACKOFF_MS, initialMs);
    this.backoff = new Backoff({ initialMs, maxMs, factor: 2, jitter: 0.5 }, deps.random);
    const startMs = deps.clock.monotonicMs();
    this.dueMs = startMs;
    this.lastGoodMs = startMs;
    deps.metrics.lastingConflict.set({}, 0);
    deps.metrics.sampleStatusAge(() => (deps.clock.monotonicMs() - this.lastGoodMs) / 1000);
  }

  /** Waits until the next poll is due and does it. @throws NodeError ABORTED only. */
  async step(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const { clock } = this.deps;
    const waitMs = this.dueMs - clock.monotonicMs();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    const heads = await this.knownHeads(signal);
    const nowMs = clock.monotonicMs();
    this.dueMs = nowMs + this.options.pollIntervalMs;
    if (this.gate.isOpen(heads, nowMs)) await this.pollOnce(heads, signal);
  }

  /** Before the engine has found its forkchoice there is nothing to compare a status with. */
  private async knownHeads(signal: AbortSignal): Promise<EngineHeads> {
    const { heads } = this.deps.engine;
    let current = heads.get();
    while (isZeroRef(current.unsafe)) current = await heads.changed(current, signal);
    return current;
  }

  private async pollOnce(heads: EngineHeads, signal: AbortSignal): Promise<void> {
    const { metrics, strategy } = this.deps;
    const refuted = this.deps.refuted();
    let polled: PolledStatus;
    let end: PollEnd;
    try {
      polled = await strategy.poll(heads, signal);
      end = await this.endOf(polled, refuted, signal);
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      // A bug, but one poll's bug: following goes on with the next status.
      metrics.requests.inc({ result: 'error_engine' });
      this.deps.log.error('Follow poll failed unexpectedly', { error: toNodeError(thrown) });
      return;
    }
    metrics.requests.inc({ result: end.result });
    const isOther = strategy.settle(polled, end);
    this.schedule(end, isOther);
    this.record(polled, end);
  }

  private async endOf(
    polled: PolledStatus,
    refuted: BlockId | null,
    signal: AbortSignal,
  ): Promise<PollEnd> {
    const { verdict } = polled;
    if (verdict.kind === 'hold') return { result: verdict.result, why: verdict.why };
    this.gate.noteTarget(verdict.target.localSafe.hash);
    return this.deps.applier.apply(verdict, refuted, signal);
  }

  /** A failing source is asked more and more seldom; another one starts afresh. */
  private schedule(end: PollEnd, isOtherSource: boolean): void {
    if (end.why === 'failed' && !isOtherSource) {
      this.dueMs = this.deps.clock.monotonicMs() + this.backoff.nextDelayMs();
    } else {
      this.backoff.reset();
    }
  }

  private record(polled: PolledStatus, end: PollEnd): void {
    const { clock, engine, metrics, log } = this.deps;
    const nowMs = clock.monotonicMs();
    if (polled.status !== null) metrics.recordDrift(polled.status, engine.heads.get());
    if (end.result === 'success') this.lastGoodMs = nowMs;
    if (end.result === 'conflict' || end.result === 'finalized_conflict') {
      metrics.conflicts.inc({ kind: end.result, outcome: 'refused' });
    }
    const lasting = this.conflicts.note(end.result, nowMs);
    if (lasting === 'began') {
      metrics.lastingConflict.set({}, 1);
      log.error('Follow statuses have been in conflict for five minutes', { wayOut: WAY_OUT });
    } else if (lasting === 'ended') {
      metrics.lastingConflict.set({}, 0);
      log.info('Follow statuses are no longer in conflict');
    }
    this.logHold(polled, end, nowMs);
  }

  private logHold(polled: PolledStatus, end: PollEnd, nowMs: number): void {
    const { verdict, source, status } = polled;
    if (verdict.kind !== 'hold') {
      this.lastWarning = null;
      return;
    }
    const key = `${source} ${end.result} ${verdict.reason}`;
    const isRecent = this.lastWarning?.key === key && nowMs - this.lastWarning.atMs < WARN_EVERY_MS;
    if (!isRecent) this.lastWarning = { key, atMs: nowMs };
    const level = isRecent ? 'debug' : 'warn';
    this.deps.log[level]('Follow status is not taken', {
      source,
      result: end.result,
      reason: verdict.reason,
      ...(status !== null && {
        localSafe: blockId(status.localSafe),
        safe: blockId(status.safe),
        finalized: blockId(status.finalized),
      }),
      ...verdict.fields,
    });
  }
}
