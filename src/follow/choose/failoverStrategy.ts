import { hasCode, toNodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../telemetry/logger.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { FollowMetrics } from '../followMetrics.js';
import type { PollOutcome } from '../pollOutcome.js';
import { resultOf } from '../pollOutcome.js';
import type { AcceptedMemory } from '../rules/acceptedMemory.js';
import { RepeatedAnswer } from '../rules/repeatedAnswer.js';
import type { StatusChecker } from '../rules/statusChecker.js';
import type { FollowedSource } from '../sources/followedSource.js';
import type { Occasion } from '../sources/occasion.js';
import { SourceSelector } from './sourceSelector.js';
import type { BlockSource, Poll, Strategy } from './strategy.js';
import { pollWithout } from './strategy.js';

export interface FailoverOptions {
  /** See SourceSelectorOptions. */
  readonly maxLagBlocks: number;
}

export interface FailoverDeps {
  /** By preference, at least one. */
  readonly sources: readonly FollowedSource[];
  readonly checker: StatusChecker;
  readonly memory: AcceptedMemory;
  readonly clock: Clock;
  readonly metrics: FollowMetrics;
  readonly log: Logger;
}

/** Follows one source at a time. Standby sources are read beside it and never make it wait. */
export class FailoverStrategy implements Strategy {
  private readonly selector: SourceSelector;

  constructor(
    options: FailoverOptions,
    private readonly deps: FailoverDeps,
  ) {
    const sourceCount = deps.sources.length;
    this.selector = new SourceSelector({ ...options, sourceCount });
    deps.metrics.activeSource.set({}, 0);
  }

  async poll(heads: EngineHeads, occasion: Occasion, signal: AbortSignal): Promise<Poll> {
    if (occasion === 'timed') {
      for (const index of this.selector.standby) this.probe(this.source(index), heads, signal);
    }
    return this.readAndCheck(this.source(this.selector.active), { heads, occasion }, signal);
  }

  settle(poll: Poll, end: PollOutcome): boolean {
    const active = this.source(this.selector.active);
    active.count(resultOf(end));
    if (end.kind === 'accepted') active.repeated.clear();
    this.note(active, poll, end);
    const change = this.selector.change();
    if (change === null) return false;
    this.deps.metrics.failovers.inc({});
    this.deps.metrics.activeSource.set({}, change.to);
    this.deps.log.warn('Changing the follow source', {
      from: this.source(change.from).name,
      to: this.source(change.to).name,
      why: change.why,
    });
    return true;
  }

  /** The active source leads; healthy standby ones have the same safe blocks. */
  blockSources(): readonly BlockSource[] {
    const { active } = this.selector;
    const others = this.selector.standby.filter((index) => this.selector.isHealthy(index));
    return [active, ...others].flatMap((index) => {
      const { name, executionRpc: rpc } = this.source(index);
      return rpc === null ? [] : [{ name, rpc, leadsUnsafe: index === active }];
    });
  }

  async vouchedUnsafe(): Promise<'anything'> {
    return 'anything';
  }

  /** Reads a standby source in the background; one that is still being read is left alone. */
  private probe(source: FollowedSource, heads: EngineHeads, signal: AbortSignal): void {
    if (source.isReading) return;
    this.readAndCheck(source, { heads, occasion: 'timed' }, signal).then(
      (poll) => {
        source.count(resultOf(poll.outcome));
        // The active source speaks for itself: it may have become this one in the meantime.
        if (source.index !== this.selector.active) this.note(source, poll, poll.outcome);
      },
      (thrown) => {
        if (hasCode(thrown, 'ABORTED')) return;
        const error = toNodeError(thrown);
        this.deps.log.error('Standby follow source could not be read', { error });
      },
    );
  }

  private async readAndCheck(
    source: FollowedSource,
    { heads, occasion }: { readonly heads: EngineHeads; readonly occasion: Occasion },
    signal: AbortSignal,
  ): Promise<Poll> {
    const reading = await source.read(signal, occasion);
    if (reading.kind === 'held') return pollWithout(source.name, reading);
    const { status, stale } = reading;
    const { checker, memory } = this.deps;
    const repeated = occasion === 'timed' ? source.repeated : new RepeatedAnswer();
    const input = { status, stale, asker: source, heads, memory, repeated };
    return {
      source: source.name,
      status,
      stale,
      outcome: await checker.check(input, signal),
      appeal: (theirs, appealSignal) => checker.appeal(input, theirs, appealSignal),
    };
  }

  private note(source: FollowedSource, { status, stale }: Poll, end: PollOutcome): void {
    const poll = { end, safe: status?.safe.number ?? null, isStale: stale !== null };
    this.selector.note(source.index, poll, this.deps.clock.monotonicMs());
  }

  private source(index: number): FollowedSource {
    const source = this.deps.sources[index];
    if (source === undefined) throw new RangeError(`no follow source ${index}`);
    return source;
  }
}
