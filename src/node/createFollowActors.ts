import type { FollowConfig, NodeConfig } from '../../config/nodeConfig.js';
import type { EngineActor } from '../engine/engineActor.js';
import { createFollow } from '../follow/createFollow.js';
import type { FollowVerifierPort } from '../follow/ports.js';
import { withoutRefuted } from '../follow/verify/withoutRefuted.js';
import type { Actor } from '../runtime/actor.js';
import type { RpcClient } from '../transport/ports.js';
import { createRpcClient } from '../transport/rpcClient.js';
import type { L1Parts } from './createL1.js';
import type { L2Parts } from './createL2.js';
import type { NodeDeps } from './nodeDeps.js';
import type { NodeTelemetry } from './telemetry.js';

export interface FollowParts {
  readonly actors: readonly Actor[];
  /** Seconds since the last accepted status; null before the first one. */
  readonly statusAgeSec: () => number | null;
  close(): Promise<void>;
}

export interface FollowPeers {
  /** Null without an L1: then nothing of it is checked. */
  readonly l1: L1Parts | null;
  readonly l2: L2Parts;
  readonly engine: EngineActor;
  readonly telemetry: NodeTelemetry;
  /** Null without `--l2.follow.verify`. */
  readonly verifier: FollowVerifierPort | null;
}

/** Makes the actors of follow mode over the other parts of the node. */
export function createFollowActors(
  config: NodeConfig,
  follow: FollowConfig,
  { l1, l2, engine, telemetry, verifier }: FollowPeers,
  deps: NodeDeps,
): FollowParts {
  const { clock, random } = deps;
  const recorder = telemetry.rpcClients.recorder('follow-source-api');
  const clients: RpcClient[] = [];
  const clientFor = (url: string, protocolUrl: string): RpcClient => {
    const headers = follow.headers[follow.sources.indexOf(url)] ?? {};
    return createRpcClient(
      { url: protocolUrl, headers, timeoutMs: follow.rpcTimeoutMs },
      { clock, random, recorder },
    );
  };
  const rpcFor = (url: string): RpcClient => {
    const client = clientFor(url, url);
    clients.push(client);
    return client;
  };
  const webSocketFor = (url: string): RpcClient => clientFor(url, url.replace(/^http/i, 'ws'));
  const actors = createFollow(
    {
      pollIntervalMs: follow.pollIntervalMs,
      rpcTimeoutMs: follow.rpcTimeoutMs,
      sources: follow.sources,
      quorum: follow.quorum,
      maxLagBlocks: follow.maxLag,
      blocksUrl: follow.blocksUrl,
      extendsUnsafe: !config.sequencer.isEnabled,
      config: config.rollup,
    },
    {
      rpcFor,
      webSocketFor: follow.isPushEnabled ? webSocketFor : null,
      engine: verifier === null ? engine : withoutRefuted(engine, verifier),
      l2: l2.source,
      l1: l1?.byNumber ?? null,
      payloads: l2.api,
      ...(verifier !== null && { verifier }),
      clock,
      random,
      metrics: telemetry.registry,
      log: deps.log.child({ component: 'follow' }),
    },
  );
  const [actor] = actors;
  return {
    actors,
    statusAgeSec: () => actor.statusAgeSec,
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
