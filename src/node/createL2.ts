import type { NodeConfig } from '../../config/nodeConfig.js';
import { EngineAbilities } from '../engine/engineAbilities.js';
import { EngineClient } from '../engine/engineClient.js';
import { JwtTokenProvider, loadJwtSecret } from '../engine/jwt.js';
import { L2Source } from '../engine/l2Source.js';
import type { EngineApi } from '../engine/ports.js';
import { RememberingEngineApi } from '../engine/rememberingEngineApi.js';
import { makeCacheMetrics } from '../telemetry/cacheMetrics.js';
import type { RpcClient } from '../transport/ports.js';
import { createRpcClient } from '../transport/rpcClient.js';
import type { NodeDeps } from './nodeDeps.js';
import type { NodeTelemetry } from './telemetry.js';

/** Our execution engine: its Engine API and its blocks, over one authenticated endpoint. */
export interface L2Parts {
  readonly rpc: RpcClient;
  readonly api: EngineApi;
  readonly source: L2Source;
  /** What the execution client can; asked for by the probe. */
  readonly abilities: EngineAbilities;
}

/** Refs kept by hash: a follower walks back a span of unsafe blocks again and again. */
const REF_CACHE_SIZE = 1_000;
/** Full payloads are large; consolidation needs each once or twice. */
const PAYLOAD_CACHE_SIZE = 64;

/** @throws CONFIG_INVALID (critical) when the JWT secret file is not usable. */
export async function createL2(
  config: NodeConfig,
  telemetry: NodeTelemetry,
  deps: NodeDeps,
): Promise<L2Parts> {
  const { clock, random, log } = deps;
  const { engine, rollup, rpc: rpcConfig } = config;
  const tokens = new JwtTokenProvider(await loadJwtSecret(engine.jwtSecretPath, log), clock);
  const rpc = createRpcClient(
    // Batches are of a few headers: who hangs is found out as soon as with a single call.
    { url: engine.url, timeoutMs: engine.rpcTimeoutMs, batchTimeoutMs: engine.rpcTimeoutMs },
    {
      clock,
      random,
      headers: async () => ({ authorization: `Bearer ${await tokens.getToken()}` }),
      recorder: telemetry.rpcClients.recorder('engine-api'),
    },
  );
  const source = new L2Source(
    {
      config: rollup,
      isTrusted: true,
      fetchWithdrawalRootFromState: rpcConfig.fetchWithdrawalRootFromState,
      refCacheSize: REF_CACHE_SIZE,
      payloadCacheSize: PAYLOAD_CACHE_SIZE,
    },
    {
      rpc,
      cacheObserver: makeCacheMetrics(telemetry.registry, 'l2_source_cache', 'L2 Source cache'),
    },
  );
  const abilities = new EngineAbilities(rollup);
  const options = { timeoutMs: engine.rpcTimeoutMs, rollup };
  const client = new EngineClient(options, { rpc, abilities });
  return { rpc, api: new RememberingEngineApi({ api: client, blocks: source }), source, abilities };
}
