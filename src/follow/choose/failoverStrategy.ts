import { hasCode, toNodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../telemetry/logger.js';
import type { RpcClient } from '../../transport/ports.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { FollowMetrics } from '../followMetrics.js';
import type { AcceptedMemory } from '../rules/acceptedMemory.js';
import type { StatusChecker } from '../rules/statusChecker.js';
import type { FollowedSource } from '../sources/followedSource.js';
import type { PollEnd, PolledStatus, PollStrategy } from './pollStrategy.js';
import type { SourceHealth } from './sourceSelector.js';
import { SourceSelector } from './sourceSelector.js';

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
export class FailoverStrategy implements PollStrategy {
  private readonly selector: SourceSelector;

  constructor(
    options: FailoverOptions,
    private readonly deps: FailoverDeps,
  ) {
    const sourceCount = deps.sources.length;
    this.selector = new SourceSelector({ ...options, sourceCount });
    deps.metrics.activeSource.set({}, 0);
  }

  async poll(heads: EngineHeads, signal: AbortSignal): Promise<PolledStatus> {
    for (const index of this.selector.standby) this.probe(this.source(index), heads, signal);
    return this.readAndCheck(this.source(this.selector.active), heads, signal);
  }

  settle(polled: PolledStatus, end: PollEnd): boolean {
    const active = this.source(this.selector.active);
    active.count(end.result);
    this.note(active, healthOf(polled, end));
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

  blockSource(): RpcClient | null {
    return this.source(this.selector.active).executionRpc;
  }

  /** Reads a standby source in the background; one that is still being read is left alone. */
  private probe(source: FollowedSource, heads: EngineHeads, signal: AbortSignal): void {
    if (source.isReading) return;
    this.readAndCheck(source, heads, signal).then(
      (polled) => {
        const { verdict } = polled;
        const end: PollEnd =
          verdict.kind === 'accept'
            ? { result: 'success', why: 'accepted' }
            : { result: verdict.result, why: verdict.why };
        source.count(end.result);
        // The active source speaks for itself: it may have become this one in the meantime.
        if (source.index !== this.selector.active) this.note(source, healthOf(polled, end));
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
    heads: EngineHeads,
    signal: AbortSignal,
  ): Promise<PolledStatus> {
    const reading = await source.read(signal);
    if (reading.kind === 'hold') return { source: source.name, status: null, verdict: reading };
    const { status } = reading;
    const { memory } = this.deps;
    const input = { status, asker: source, heads, memory, repeated: source.repeated };
    const verdict = await this.deps.checker.check(input, signal);
    return { source: source.name, status, verdict };
  }

  private note(source: FollowedSource, health: SourceHealth): void {
    this.selector.note(source.index, health, this.deps.clock.monotonicMs());
  }

  private source(index: number): FollowedSource {
    const source = this.deps.sources[index];
    if (source === undefined) throw new RangeError(`no follow source ${index}`);
    return source;
  }
}

function healthOf(polled: PolledStatus, end: PollEnd): SourceHealth {
  const { status, verdict } = polled;
  if (end.why === 'waiting') return { kind: 'waiting' };
  if (status === null || end.why === 'failed' || end.why === 'refused') return { kind: 'bad' };
  const safe = status.safe.number;
  if (end.why === 'behind' || verdict.kind === 'hold') return { kind: 'behind', safe };
  return { kind: 'good', safe, isDescentProven: verdict.isDescentProven };
}
