import { hasCode, toNodeError } from '../../errors/nodeError.js';
import type { RefConfig } from '../../rollup/l2BlockRef.js';
import type { BackoffOptions } from '../../runtime/backoff.js';
import { Backoff } from '../../runtime/backoff.js';
import type { Clock, Random } from '../../runtime/clock.js';
import type { Logger } from '../../telemetry/logger.js';
import type { RpcClient } from '../../transport/ports.js';
import { RpcError } from '../../transport/ports.js';
import type { L2BlockRef } from '../../types/block.js';
import type { FollowStatus } from '../rules/followStatus.js';
import type { HoldVerdict } from '../rules/verdict.js';
import { hold } from '../rules/verdict.js';
import type { StatusReader } from './consensusSource.js';
import { FollowClient, METHOD_NOT_FOUND } from './consensusSource.js';
import { ExecutionSource } from './executionSource.js';
import type { ChainFacts } from './sourceIdentity.js';
import { identifyConsensus, identifyExecution } from './sourceIdentity.js';

/** What kind of node answers behind a source's URL; null until it has answered. */
export type SourceKind = 'consensus' | 'execution' | null;

/** A source that serves another chain is asked for its chain again, ever more seldom. */
const OTHER_CHAIN_BACKOFF: BackoffOptions = {
  initialMs: 10_000,
  maxMs: 300_000,
  factor: 2,
  jitter: 0.2,
};

export interface ProbedSourceOptions {
  /** Names the source in logs; carries no credentials. */
  readonly name: string;
  /** Of each request. */
  readonly rpcTimeoutMs: number;
  readonly config: ChainFacts & RefConfig;
}

export interface ProbedSourceDeps {
  readonly rpc: RpcClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export type SourceReading =
  | { readonly kind: 'status'; readonly status: FollowStatus }
  | HoldVerdict;

/**
 * One followed endpoint: finds out what kind of node it is and which chain it serves, then reads its status. The chain
 * is asked again after every failure, since another node may answer behind the same URL. Never throws but ABORTED.
 */
export class ProbedSource {
  private readonly execution: ExecutionSource;
  private readonly consensus: FollowClient;
  private readonly otherChainBackoff: Backoff;
  private currentKind: SourceKind = null;
  private isIdentified = false;
  private hasWarnedNotOffered = false;
  private otherChain: { readonly verdict: HoldVerdict; readonly askAgainAtMs: number } | null =
    null;

  constructor(
    private readonly options: ProbedSourceOptions,
    private readonly deps: ProbedSourceDeps,
  ) {
    const { rpcTimeoutMs, config } = options;
    this.execution = new ExecutionSource({ rpcTimeoutMs, config }, deps);
    this.consensus = new FollowClient({ rpcTimeoutMs }, { ...deps, fallback: this.execution });
    this.otherChainBackoff = new Backoff(OTHER_CHAIN_BACKOFF, deps.random);
  }

  get name(): string {
    return this.options.name;
  }

  get kind(): SourceKind {
    return this.currentKind;
  }

  /** The client behind the source, where it is an execution client; else null. */
  get executionRpc(): RpcClient | null {
    return this.currentKind === 'execution' && this.isIdentified ? this.deps.rpc : null;
  }

  async read(signal: AbortSignal): Promise<SourceReading> {
    const { otherChain } = this;
    if (otherChain !== null && this.deps.clock.monotonicMs() < otherChain.askAgainAtMs) {
      return otherChain.verdict;
    }
    try {
      const status = await this.readStatus(signal);
      const refused = this.isIdentified ? null : await this.identify(signal);
      return refused ?? { kind: 'status', status };
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return this.failed(thrown);
    }
  }

  /** The source's block of that height; null when it has none there or does not say. @throws NodeError, temporary. */
  async blockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null> {
    return this.reader().blockRefByNumber(number, signal);
  }

  private reader(): StatusReader {
    return this.currentKind === 'execution' ? this.execution : this.consensus;
  }

  private async readStatus(signal: AbortSignal): Promise<FollowStatus> {
    if (this.currentKind !== null) return this.reader().getFollowStatus(signal);
    try {
      const status = await this.consensus.getFollowStatus(signal);
      this.select('consensus');
      return status;
    } catch (thrown) {
      if (!isMethodNotFound(thrown) || !(await this.answersChainId(signal))) throw thrown;
    }
    this.select('execution');
    return this.execution.getFollowStatus(signal);
  }

  private async answersChainId(signal: AbortSignal): Promise<boolean> {
    try {
      await this.deps.rpc.request('eth_chainId', [], {
        signal,
        timeoutMs: this.options.rpcTimeoutMs,
      });
      return true;
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return false;
    }
  }

  private select(kind: 'consensus' | 'execution'): void {
    this.currentKind = kind;
    this.deps.log.info('Follow source answers', { source: this.name, kind });
  }

  /** Null when the source may be followed. */
  private async identify(signal: AbortSignal): Promise<HoldVerdict | null> {
    const ask = this.currentKind === 'execution' ? identifyExecution : identifyConsensus;
    const identity = await ask(this.deps.rpc, this.options.config, {
      signal,
      timeoutMs: this.options.rpcTimeoutMs,
    });
    if (identity.kind === 'other') {
      const { what, expected, actual } = identity;
      const fields = { source: this.name, what, expected, actual };
      const verdict = hold('refused', 'error_invalid_state', 'source serves another chain', fields);
      const delayMs = this.otherChainBackoff.nextDelayMs();
      this.otherChain = { verdict, askAgainAtMs: this.deps.clock.monotonicMs() + delayMs };
      this.deps.log.error('Follow source serves another chain and is not followed', {
        ...fields,
        askAgainInMs: delayMs,
      });
      return verdict;
    }
    if (identity.kind === 'notOffered' && !this.hasWarnedNotOffered) {
      this.hasWarnedNotOffered = true;
      this.deps.log.warn('Follow source does not say which chain it serves; following it unasked', {
        source: this.name,
      });
    }
    this.isIdentified = true;
    this.otherChain = null;
    this.otherChainBackoff.reset();
    return null;
  }

  private failed(thrown: unknown): HoldVerdict {
    const error = toNodeError(thrown);
    if (error.code === 'FOLLOW_TAG_MISSING') {
      return hold('failed', 'error_invalid_state', 'source is starting or resetting', error.fields);
    }
    this.isIdentified = false;
    this.otherChain = null;
    if (isMethodNotFound(thrown)) this.currentKind = null;
    return hold('failed', 'error_fetch_status', 'status could not be fetched', {
      code: error.code,
      error: error.message,
    });
  }
}

function isMethodNotFound(thrown: unknown): boolean {
  return thrown instanceof RpcError && thrown.rpcCode === METHOD_NOT_FOUND;
}
