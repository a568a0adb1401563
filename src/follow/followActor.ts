import { hasCode, toNodeError } from '../errors/nodeError.js';
import { throwIfAborted } from '../runtime/abort.js';
import type { Actor } from '../runtime/actor.js';
import { anyOf } from '../runtime/anyOf.js';
import { Backoff } from '../runtime/backoff.js';
import type { Clock, Random } from '../runtime/clock.js';
import type { WatchReader } from '../runtime/watch.js';
import type { Logger } from '../telemetry/logger.js';
import type { BlockId } from '../types/block.js';
import { blockId, isZeroRef } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type { Poll, Strategy } from './choose/strategy.js';
import { ElSyncGate } from './elSyncGate.js';
import type { FollowApplier } from './followApplier.js';
import type { FollowMetrics } from './followMetrics.js';
import type { Held, PollOutcome, PollResult } from './pollOutcome.js';
import { resultOf } from './pollOutcome.js';
import type { FollowEnginePort } from './ports.js';
import type { Occasion } from './sources/occasion.js';

/** A failing source is asked at least this often, unless the poll interval is longer. */
const MAX_BACKOFF_MS = 10_000;

/** The same refusal is warned about once in this time, and said at debug level in between. */
const WARN_EVERY_MS = 60_000;

/** After a look the next one for what was pushed waits so long: a source that pushes without end makes some work, no more. */
const MIN_LOOK_GAP_MS = 50;

/** What the operator is told when a conflict lasts. */
const WAY_OUT =
  'restart to let the first checked status replace the safe head (never below the proven finalized head), see docs/follow.md';

export interface FollowActorOptions {
  /** Above 0. */
  readonly pollIntervalMs: number;
}

export interface FollowActorDeps {
  readonly strategy: Strategy;
  readonly applier: Pick<FollowApplier, 'apply'>;
  readonly engine: Pick<FollowEnginePort, 'heads'>;
  /** Another number whenever a source has pushed its status, or no longer does. */
  readonly news: WatchReader<number>;
  /** The block that verification has refuted; null while there is none. */
  readonly refuted: () => BlockId | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: FollowMetrics;
  readonly log: Logger;
}

/**
 * Follows: reads one status per poll interval (the first at once) and whenever a source pushes one, has it checked and
 * applied, and counts how it ended. It only sequences; what to believe is decided by StatusChecker, whom to ask by the strategy.
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
  /** Of the last accepted status, or of the start. */
  private lastGoodMs: number;
  private lastLookMs = Number.NEGATIVE_INFINITY;
  private seenNews: number;
  private wasGood = false;
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
    this.seenNews = deps.news.get();
    deps.metrics.lastingConflict.set({}, 0);
    deps.metrics.sampleStatusAge(() => this.sinceGoodSec());
  }

  /** Seconds since the last accepted status; null before the first one. */
  get statusAgeSec(): number | null {
    return this.wasGood ? this.sinceGoodSec() : null;
  }

  private sinceGoodSec(): number {
    return (this.deps.clock.monotonicMs() - this.lastGoodMs) / 1000;
  }

  /** Waits until the next poll is due, or a status was pushed, and does it. @throws NodeError ABORTED only. */
  async step(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const { clock, news } = this.deps;
    const occasion = await this.nextOccasion(signal);
    const heads = await this.knownHeads(signal);
    const nowMs = clock.monotonicMs();
    this.lastLookMs = nowMs;
    this.seenNews = news.get();
    if (occasion === 'timed') this.dueMs = nowMs + this.options.pollIntervalMs;
    if (this.gate.isOpen(heads, nowMs)) await this.pollOnce(heads, occasion, signal);
  }

  private async nextOccasion(signal: AbortSignal): Promise<Occasion> {
    const { clock, news } = this.deps;
    const waitMs = this.dueMs - clock.monotonicMs();
    if (waitMs <= 0) return 'timed';
    const time = async (ended: AbortSignal): Promise<Occasion> => {
      await clock.sleep(waitMs, ended);
      return 'timed';
    };
    const push = async (ended: AbortSignal): Promise<Occasion> => {
      await news.changed(this.seenNews, ended);
      const gapMs = this.lastLookMs + MIN_LOOK_GAP_MS - clock.monotonicMs();
      if (gapMs > 0) await clock.sleep(gapMs, ended);
      return 'pushed';
    };
    return anyOf([time, push], signal);
  }

  /** Before the engine has found its forkchoice there is nothing to compare a status with. */
  private async knownHeads(signal: AbortSignal): Promise<EngineHeads> {
    const { heads } = this.deps.engine;
    let current = heads.get();
    while (isZeroRef(current.unsafe)) current = await heads.changed(current, signal);
    return current;
  }

  private async pollOnce(
    heads: EngineHeads,
    occasion: Occasion,
    signal: AbortSignal,
  ): Promise<void> {
    const { applier, metrics, strategy } = this.deps;
    const refuted = this.deps.refuted();
    let poll: Poll;
    let end: PollOutcome;
    try {
      poll = await strategy.poll(heads, occasion, signal);
      if (poll.outcome.kind === 'accepted')
        this.gate.noteTarget(poll.outcome.target.localSafe.hash);
      end = await applier.apply(poll, refuted, signal);
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      // A bug, but one poll's bug: following goes on with the next status.
      metrics.requests.inc({ result: 'error_engine' });
      this.deps.log.error('Follow poll failed unexpectedly', { error: toNodeError(thrown) });
      return;
    }
    metrics.requests.inc({ result: resultOf(end) });
    if (occasion === 'timed') this.schedule(end, strategy.settle(poll, end));
    this.record(poll, end);
  }

  /** A failing source is asked more and more seldom; another one starts afresh. */
  private schedule(end: PollOutcome, isOtherSource: boolean): void {
    if (end.kind === 'held' && end.why === 'failed' && !isOtherSource) {
      this.dueMs = this.deps.clock.monotonicMs() + this.backoff.nextDelayMs();
    } else {
      this.backoff.reset();
    }
  }

  private record(poll: Poll, end: PollOutcome): void {
    const { clock, engine, metrics, log } = this.deps;
    const nowMs = clock.monotonicMs();
    const result = resultOf(end);
    if (poll.status !== null) metrics.recordDrift(poll.status, engine.heads.get());
    if (result === 'success') {
      this.lastGoodMs = nowMs;
      this.wasGood = true;
    }
    if (isConflict(result)) metrics.conflicts.inc({ kind: result, outcome: 'refused' });
    const lasting = this.conflicts.note(result, nowMs);
    if (lasting === 'began') {
      metrics.lastingConflict.set({}, 1);
      log.error('Follow statuses have been in conflict for five minutes', { wayOut: WAY_OUT });
    } else if (lasting === 'ended') {
      metrics.lastingConflict.set({}, 0);
      log.info('Follow statuses are no longer in conflict');
    }
    if (end.kind === 'held') this.logHeld(poll, end, nowMs);
    else this.lastWarning = null;
  }

  private logHeld({ source, status }: Poll, end: Held, nowMs: number): void {
    const key = `${source} ${end.result} ${end.reason}`;
    const isRecent = this.lastWarning?.key === key && nowMs - this.lastWarning.atMs < WARN_EVERY_MS;
    if (!isRecent) this.lastWarning = { key, atMs: nowMs };
    const level = isRecent ? 'debug' : 'warn';
    this.deps.log[level]('Follow status is not taken', {
      source,
      result: end.result,
      reason: end.reason,
      ...(status !== null && {
        localSafe: blockId(status.localSafe),
        safe: blockId(status.safe),
        finalized: blockId(status.finalized),
      }),
      ...end.fields,
    });
  }
}

function isConflict(result: PollResult): boolean {
  return result === 'conflict' || result === 'finalized_conflict';
}

/** A conflict that lasts this long will not go away by itself. */
const LASTING_MS = 300_000;

/** Follows how long statuses have contradicted our heads. Polls that say nothing about it change nothing. */
export class ConflictWatch {
  private sinceMs: number | null = null;
  private isReported = false;

  /** Takes a poll's result. @returns `began` once when the conflict became a lasting one, `ended` once after that. */
  note(result: PollResult, nowMs: number): 'began' | 'ended' | null {
    if (isConflict(result)) {
      this.sinceMs ??= nowMs;
      if (this.isReported || nowMs - this.sinceMs < LASTING_MS) return null;
      this.isReported = true;
      return 'began';
    }
    if (result !== 'success' && result !== 'behind') return null;
    const wasReported = this.isReported;
    this.sinceMs = null;
    this.isReported = false;
    return wasReported ? 'ended' : null;
  }
}
