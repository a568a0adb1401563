import { NodeError } from '../errors/nodeError.js';
import type { RefConfig } from '../rollup/l2BlockRef.js';
import type { Actor } from '../runtime/actor.js';
import type { Clock, Random } from '../runtime/clock.js';
import { WatchCell } from '../runtime/watch.js';
import type { Logger } from '../telemetry/logger.js';
import { redactUrl } from '../telemetry/redact.js';
import type { MetricsRegistry } from '../telemetry/registry.js';
import type { RpcClient } from '../transport/ports.js';
import type { BlockId } from '../types/block.js';
import { BlockFetcher } from './blocks/blockFetcher.js';
import { BlocksActor } from './blocks/blocksActor.js';
import { FailoverStrategy } from './choose/failoverStrategy.js';
import { QuorumStrategy } from './choose/quorumStrategy.js';
import type { BlockSource } from './choose/strategy.js';
import { FollowActor } from './followActor.js';
import { FollowApplier } from './followApplier.js';
import { FollowMetrics } from './followMetrics.js';
import type {
  FollowEnginePort,
  FollowL1Port,
  FollowL2Port,
  FollowPayloadPort,
  FollowVerifierPort,
} from './ports.js';
import { AcceptedMemory } from './rules/acceptedMemory.js';
import { StatusChecker } from './rules/statusChecker.js';
import { FollowedSource } from './sources/followedSource.js';
import type { ChainFacts } from './sources/sourceIdentity.js';
import type { PushLink } from './sources/statusPush.js';

export interface FollowOptions {
  /** Above 0. */
  readonly pollIntervalMs: number;
  /** Of each request to a source. */
  readonly rpcTimeoutMs: number;
  /** URLs by preference, at least one, no two equal. */
  readonly sources: readonly string[];
  /** Sources that must agree; 0 follows one source at a time. At most the number of sources. */
  readonly quorum: number;
  /** Blocks that another source may be ahead of a standing active one; 0 never changes for that. */
  readonly maxLagBlocks: number;
  /** Execution client to fetch missing blocks from; null only from a source that is one. */
  readonly blocksUrl: string | null;
  /** Also fetch blocks above the local safe head that extend our unsafe head; false while this node sequences. */
  readonly extendsUnsafe: boolean;
  readonly config: ChainFacts & RefConfig;
}

export interface FollowDeps {
  /** A client for that URL; the caller closes it after the actors have stopped. */
  readonly rpcFor: (url: string) => RpcClient;
  /** A client that can subscribe at a source by HTTP, closed by who has it; null: nothing is to be pushed. */
  readonly webSocketFor: ((url: string) => RpcClient) | null;
  readonly engine: FollowEnginePort;
  readonly l2: FollowL2Port;
  /** Null when the node has no L1: then nothing of the L1 is checked. */
  readonly l1: FollowL1Port | null;
  readonly payloads: FollowPayloadPort;
  /** Absent without `--l2.follow.verify`. */
  readonly verifier?: FollowVerifierPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: MetricsRegistry;
  readonly log: Logger;
}

/**
 * Makes the actors of follow mode, in start order. Nothing is asked before they run.
 * @throws NodeError CONFIG_INVALID (critical) for a quorum that cannot be met or two equal URLs.
 */
export function createFollow(
  options: FollowOptions,
  deps: FollowDeps,
): readonly [FollowActor, Actor] {
  checkOptions(options);
  const { clock, random, log } = deps;
  const metrics = new FollowMetrics(deps.metrics);
  metrics.l1Checked.set({}, deps.l1 === null ? 0 : 1);
  if (deps.l1 === null) log.warn('No L1 is configured: what the follow source says is unchecked');
  const memory = new AcceptedMemory();
  const checker = new StatusChecker({ genesis: options.config.genesis }, deps);
  const news = new WatchCell(0);
  const onNews = (): void => news.set(news.get() + 1);
  const sources = options.sources.map((url, index) => {
    const { rpcTimeoutMs, pollIntervalMs, config } = options;
    const sourceOptions = { index, name: redactUrl(url), rpcTimeoutMs, config };
    const rpc = deps.rpcFor(url);
    return new FollowedSource(sourceOptions, {
      rpc,
      push:
        deps.webSocketFor === null
          ? null
          : { link: pushLink(rpc, url, deps.webSocketFor), onNews, pollIntervalMs },
      l1Head: () => deps.l1?.l1Head() ?? null,
      ...{ clock, random, metrics, log },
    });
  });
  const shared = { sources, checker, memory, clock, metrics, log };
  const { quorum, maxLagBlocks } = options;
  const strategy =
    quorum > 0
      ? new QuorumStrategy({ required: quorum }, shared)
      : new FailoverStrategy({ maxLagBlocks }, shared);
  const { engine, l2 } = deps;
  const { rpcTimeoutMs, blocksUrl, extendsUnsafe } = options;
  const named: BlockSource | null =
    blocksUrl === null
      ? null
      : { name: redactUrl(blocksUrl), rpc: deps.rpcFor(blocksUrl), leadsUnsafe: true };
  const fetcher = new BlockFetcher({ rpcTimeoutMs }, { ...deps, metrics });
  const blocksDeps = {
    sources: () => (named === null ? strategy.blockSources() : [named]),
    vouched: (height: bigint, signal: AbortSignal) => strategy.vouchedUnsafe(height, signal),
    ...{ fetcher, clock, random, metrics, log },
  };
  const blocks = new BlocksActor({ extendsUnsafe }, blocksDeps);
  const refuted = (): BlockId | null => deps.verifier?.refuted.get() ?? null;
  const applierDeps = { engine, l2, refuted, memory, blocks, clock, metrics, log };
  const applier = new FollowApplier(applierDeps);
  const follow = new FollowActor(
    { pollIntervalMs: options.pollIntervalMs },
    { strategy, applier, engine, news, refuted, clock, random, metrics, log },
  );
  return [follow, blocks];
}

/** A source by WebSocket is subscribed to on the connection that it is asked on, one by HTTP on one of its own. */
function pushLink(
  rpc: RpcClient,
  url: string,
  webSocketFor: NonNullable<FollowDeps['webSocketFor']>,
): PushLink {
  if (rpc.subscribe !== null) return { connect: () => rpc, disconnect: () => undefined };
  return { connect: () => webSocketFor(url), disconnect: (own) => void own.close() };
}

function checkOptions({ sources, quorum }: FollowOptions): void {
  const problems: string[] = [];
  if (sources.length === 0) problems.push('no follow source');
  if (new Set(sources).size < sources.length) problems.push('two equal follow sources');
  if (quorum > sources.length) {
    problems.push(`follow quorum ${quorum} is above the number of sources ${sources.length}`);
  }
  if (problems.length === 0) return;
  throw new NodeError('CONFIG_INVALID', problems.join('; '), { severity: 'critical' });
}
