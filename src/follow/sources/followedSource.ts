import type { Clock } from '../../runtime/clock.js';
import type { RpcClient } from '../../transport/ports.js';
import type { L2BlockRef } from '../../types/block.js';
import type { FollowMetrics } from '../followMetrics.js';
import type { PollResult } from '../pollResult.js';
import { RepeatedAnswer } from '../rules/repeatedAnswer.js';
import type { ProbedSource, SourceReading } from './probedSource.js';

export interface FollowedSourceOptions {
  /** Position in the list of sources; the metrics' `source` label. */
  readonly index: number;
}

export interface FollowedSourceDeps {
  readonly source: ProbedSource;
  readonly clock: Clock;
  readonly metrics: FollowMetrics;
}

/** A source with its place in the list, its measurements, and never more than one status request in flight. */
export class FollowedSource {
  readonly repeated = new RepeatedAnswer();
  private inFlight: Promise<SourceReading> | null = null;

  constructor(
    private readonly options: FollowedSourceOptions,
    private readonly deps: FollowedSourceDeps,
  ) {}

  get index(): number {
    return this.options.index;
  }

  get name(): string {
    return this.deps.source.name;
  }

  get isReading(): boolean {
    return this.inFlight !== null;
  }

  get executionRpc(): RpcClient | null {
    return this.deps.source.executionRpc;
  }

  /** Reads the status; a read that is still under way is waited for instead of a second one. @throws ABORTED only. */
  read(signal: AbortSignal): Promise<SourceReading> {
    this.inFlight ??= this.readOnce(signal);
    return this.inFlight;
  }

  blockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null> {
    return this.deps.source.blockRefByNumber(number, signal);
  }

  /** Counts how a status of this source was judged. */
  count(result: PollResult): void {
    this.deps.metrics.sourceResults.inc({ source: String(this.index), result });
  }

  private async readOnce(signal: AbortSignal): Promise<SourceReading> {
    const { clock, metrics, source } = this.deps;
    const startMs = clock.monotonicMs();
    try {
      const reading = await source.read(signal);
      const seconds = (clock.monotonicMs() - startMs) / 1000;
      if (reading.kind === 'status') {
        metrics.latency.observe({ source: String(this.index) }, seconds);
      }
      return reading;
    } finally {
      this.inFlight = null;
    }
  }
}
