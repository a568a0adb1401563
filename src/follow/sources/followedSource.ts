import { hasCode, toNodeError } from '../../errors/nodeError.js';
import type { RefConfig } from '../../rollup/l2BlockRef.js';
import type { Clock, Random } from '../../runtime/clock.js';
import type { Logger } from '../../telemetry/logger.js';
import type { RpcClient } from '../../transport/ports.js';
import type { L1BlockRef, L2BlockRef } from '../../types/block.js';
import { isZeroRef } from '../../types/block.js';
import type { FollowMetrics } from '../followMetrics.js';
import type { Held, PollResult } from '../pollOutcome.js';
import { held } from '../pollOutcome.js';
import type { FollowStatus } from '../rules/followStatus.js';
import { RepeatedAnswer } from '../rules/repeatedAnswer.js';
import type { Staleness } from '../rules/staleRule.js';
import type { StatusReader } from './consensusSource.js';
import { ConsensusSource, isMethodNotFound } from './consensusSource.js';
import { ExecutionSource } from './executionSource.js';
import type { Occasion } from './occasion.js';
import { SourceFreshness } from './sourceFreshness.js';
import type { ChainFacts, SourceKind } from './sourceIdentity.js';
import { SourceIdentity } from './sourceIdentity.js';
import { type PushLink, StatusPush } from './statusPush.js';

export interface FollowedSourceOptions {
  /** Position in the list of sources; the metrics' `source` label. */
  readonly index: number;
  /** Names the source in logs; carries no credentials. */
  readonly name: string;
  /** Of each request. */
  readonly rpcTimeoutMs: number;
  readonly config: ChainFacts & RefConfig;
}

export interface SourcePush {
  readonly link: PushLink;
  /** Called when it has pushed something, or no longer does. */
  readonly onNews: () => void;
  /** What it is polled by where it does not push. */
  readonly pollIntervalMs: number;
}

export interface FollowedSourceDeps {
  readonly rpc: RpcClient;
  /** How to have its status pushed; null where that is not to be tried. */
  readonly push: SourcePush | null;
  /** The newest block of our own L1, all-zero before it is known; null without an L1. */
  readonly l1Head: () => L1BlockRef | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: FollowMetrics;
  readonly log: Logger;
}

/** A status that was read, or why there is none. */
export type Reading =
  /** `stale` is null for a status of now. */
  { readonly kind: 'read'; readonly status: FollowStatus; readonly stale: Staleness | null } | Held;

/**
 * One followed endpoint, with its place in the list and its measurements: finds out what kind of node it is and which
 * chain it serves, then reads its status, never more than one at a time. The chain is asked again after every failure,
 * since another node may answer behind the same URL. Never throws but ABORTED.
 */
export class FollowedSource {
  /** What it said last where that contradicted us. */
  readonly repeated = new RepeatedAnswer();
  private readonly execution: ExecutionSource;
  private readonly consensus: ConsensusSource;
  private readonly identity: SourceIdentity;
  private readonly freshness = new SourceFreshness();
  private isStale = false;
  /** Null until it has answered. */
  private kind: SourceKind | null = null;
  private inFlight: Promise<Reading> | null = null;
  private readonly push: StatusPush | null;
  private last: Reading | null = null;

  constructor(
    private readonly options: FollowedSourceOptions,
    private readonly deps: FollowedSourceDeps,
  ) {
    this.execution = new ExecutionSource(options, deps);
    this.consensus = new ConsensusSource(options, { ...deps, fallback: this.execution });
    this.identity = new SourceIdentity(options, deps);
    const { push } = deps;
    this.push =
      push === null
        ? null
        : new StatusPush({ ...options, pollIntervalMs: push.pollIntervalMs }, { ...deps, ...push });
  }

  get index(): number {
    return this.options.index;
  }

  get name(): string {
    return this.options.name;
  }

  get isReading(): boolean {
    return this.inFlight !== null;
  }

  /** The client behind the source, where it is an execution client of our chain; else null. */
  get executionRpc(): RpcClient | null {
    return this.kind === 'execution' && this.identity.isKnown ? this.deps.rpc : null;
  }

  /**
   * Reads the status; a read that is still under way is waited for instead of a second one. Where another source has pushed
   * something, what this one said last still counts: it is asked at its times. @throws ABORTED only.
   */
  read(signal: AbortSignal, occasion: Occasion = 'timed'): Promise<Reading> {
    this.inFlight ??= this.readOnce(signal, occasion).finally(() => {
      this.inFlight = null;
    });
    return this.inFlight;
  }

  /** The source's block of that height; null when it has none there or does not say. @throws NodeError, temporary. */
  blockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null> {
    return this.reader().blockRefByNumber(number, signal);
  }

  /** Counts what became of a status of this source. */
  count(result: PollResult): void {
    this.deps.metrics.sourceResults.inc({ source: String(this.index), result });
  }

  private reader(): StatusReader {
    return this.kind === 'execution' ? this.execution : this.consensus;
  }

  private async readOnce(signal: AbortSignal, occasion: Occasion): Promise<Reading> {
    const standing = this.identity.standing();
    if (standing !== null) return standing;
    const pushed = this.push?.newest(occasion) ?? null;
    const isPollDue = occasion === 'timed' || this.push?.isPollWanted === true;
    if (pushed !== null) this.last = this.reading(pushed);
    else if (this.last === null || isPollDue) this.last = await this.poll(signal);
    return this.last;
  }

  private async poll(signal: AbortSignal): Promise<Reading> {
    const { clock, metrics } = this.deps;
    const startMs = clock.monotonicMs();
    try {
      const { status, kind } = await this.readStatus(signal);
      const other = await this.identity.check(kind, signal);
      if (other !== null) return other;
      const tookMs = clock.monotonicMs() - startMs;
      metrics.latency.observe({ source: String(this.index) }, tookMs / 1000);
      const canPush = kind === 'consensus' && this.push !== null;
      return this.reading(canPush ? this.push.polled(status, signal) : status);
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      this.push?.pollFailed();
      return this.failed(thrown);
    }
  }

  private reading(status: FollowStatus): Reading {
    return { kind: 'read', status, stale: this.judged(status, this.deps.clock.monotonicMs()) };
  }

  private async readStatus(
    signal: AbortSignal,
  ): Promise<{ readonly status: FollowStatus; readonly kind: SourceKind }> {
    const { kind } = this;
    if (kind !== null) return { status: await this.reader().getFollowStatus(signal), kind };
    try {
      const status = await this.consensus.getFollowStatus(signal);
      return { status, kind: this.select('consensus') };
    } catch (thrown) {
      if (!isMethodNotFound(thrown) || !(await this.answersChainId(signal))) throw thrown;
    }
    this.select('execution');
    return { status: await this.execution.getFollowStatus(signal), kind: 'execution' };
  }

  /** How fresh the status is, which is measured and told when it changes. */
  private judged(status: FollowStatus, nowMs: number): Staleness | null {
    const { metrics, log } = this.deps;
    const l1Head = this.deps.l1Head();
    const stale = this.freshness.note(status, { l1Head, nowMs });
    const source = String(this.index);
    metrics.sourceStale.set({ source }, stale === null ? 0 : 1);
    if (status.headL1 !== null && l1Head !== null && !isZeroRef(l1Head)) {
      metrics.sourceL1Lag.set({ source }, Number(l1Head.timestamp - status.headL1.timestamp));
    }
    if (stale !== null && !this.isStale) {
      const { reason, fields } = stale;
      log.warn('Follow source is stale', { source: this.name, reason, ...fields });
    } else if (stale === null && this.isStale) {
      log.info('Follow source is fresh again', { source: this.name });
    }
    this.isStale = stale !== null;
    return stale;
  }

  private async answersChainId(signal: AbortSignal): Promise<boolean> {
    try {
      const { rpcTimeoutMs: timeoutMs } = this.options;
      await this.deps.rpc.request('eth_chainId', [], { signal, timeoutMs });
      return true;
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return false;
    }
  }

  private select(kind: SourceKind): SourceKind {
    this.kind = kind;
    this.deps.log.info('Follow source answers', { source: this.name, kind });
    return kind;
  }

  private failed(thrown: unknown): Held {
    const error = toNodeError(thrown);
    if (error.code === 'FOLLOW_TAG_MISSING') {
      return held('failed', 'error_invalid_state', 'source is starting or resetting', error.fields);
    }
    this.identity.forget();
    if (isMethodNotFound(thrown)) this.kind = null;
    return held('failed', 'error_fetch_status', 'status could not be fetched', {
      code: error.code,
      error: error.message,
    });
  }
}
