import type { L1Config, NodeConfig } from '../../config/nodeConfig.js';
import { EthClient } from '../l1/ethClient.js';
import { L1ByNumber } from '../l1/l1ByNumber.js';
import { L1HeadTracker } from '../l1/l1HeadTracker.js';
import { makeL1Metrics } from '../l1/l1Metrics.js';
import { L1WatcherActor } from '../l1/l1WatcherActor.js';
import type { Actor } from '../runtime/actor.js';
import { WatchCell, type WatchReader } from '../runtime/watch.js';
import type { RpcClient } from '../transport/ports.js';
import { createRpcClient } from '../transport/rpcClient.js';
import { type L1Heads, UNKNOWN_L1_HEADS } from '../types/l1Heads.js';
import type { NodeDeps } from './nodeDeps.js';
import type { NodeTelemetry } from './telemetry.js';

/** Everything asked of L1 may be asked twice. What is still turned away after so many tries is its caller's failure. */
const L1_RETRIES = 3;

/** The node's view of L1. */
export interface L1Parts {
  readonly rpc: RpcClient;
  readonly client: EthClient;
  readonly byNumber: L1ByNumber;
  readonly heads: WatchReader<L1Heads>;
  readonly watcher: Actor;
}

/** Makes the parts that read L1; nothing is asked before the watcher runs. */
export function createL1(
  config: NodeConfig,
  l1: L1Config,
  telemetry: NodeTelemetry,
  deps: NodeDeps,
): L1Parts {
  const { clock, random } = deps;
  const log = deps.log.child({ component: 'l1' });
  const metrics = makeL1Metrics(telemetry.registry);
  const rpc = createL1Rpc(l1, telemetry, deps);
  const client = new EthClient(
    {
      isTrusted: l1.trustRpc,
      rpcKind: l1.rpcKind,
      cacheSize: l1.cacheSize,
      keep: {
        transactionsTo: config.rollup.batchInboxAddress,
        logsOf: [
          config.rollup.depositContractAddress,
          config.rollup.l1SystemConfigAddress,
          ...(config.rollup.altDa === null ? [] : [config.rollup.altDa.daChallengeAddress]),
        ],
      },
    },
    { rpc, clock, log, ...metrics },
  );
  const heads = new WatchCell<L1Heads>(UNKNOWN_L1_HEADS);
  const tracker = new L1HeadTracker({
    heads,
    log,
    recordL1Ref: (type, ref) => telemetry.refs.recordL1Ref(type, ref),
    recordReorgDepth: metrics.recordReorgDepth,
  });
  const watcher = new L1WatcherActor(
    {
      headPollIntervalMs: l1.httpPollIntervalMs,
      epochPollIntervalMs: l1.epochPollIntervalMs,
    },
    {
      l1: client,
      subscribe: rpc.subscribe,
      tracker,
      clock,
      random,
      log,
    },
  );
  return { rpc, client, byNumber: new L1ByNumber({ l1: client, heads }), heads, watcher };
}

function createL1Rpc(l1: L1Config, telemetry: NodeTelemetry, deps: NodeDeps): RpcClient {
  return createRpcClient(
    {
      url: l1.url,
      maxBatchSize: l1.maxBatchSize,
      maxConcurrent: l1.maxConcurrency,
      requestsPerSecond: l1.rateLimit,
      retries: L1_RETRIES,
    },
    { clock: deps.clock, random: deps.random, recorder: telemetry.rpcClients.recorder('l1') },
  );
}
