import type { BeaconConfig, L1Config, NodeConfig } from '../../config/nodeConfig.js';
import { JwtTokenProvider, readJwtSecret } from '../engine/jwt.js';
import { L2Source } from '../engine/l2Source.js';
import { type NodeError, toNodeError } from '../errors/nodeError.js';
import { BeaconEndpoint } from '../l1/beaconEndpoint.js';
import { DaServerClient } from '../l1/daServerClient.js';
import { EthClient } from '../l1/ethClient.js';
import { beaconAddresses } from '../node/beaconAddresses.js';
import { VERSION } from '../node/nodeDeps.js';
import { createRemoteSigner } from '../p2p/signer/createRemoteSigner.js';
import type { Clock, Random } from '../runtime/clock.js';
import { redactUrl } from '../telemetry/redact.js';
import { HttpGetClient } from '../transport/httpGet.js';
import { createRpcClient } from '../transport/rpcClient.js';
import type { RpcClientOptions } from '../transport/rpcClientOptions.js';
import type {
  BeaconAccess,
  DaServerAccess,
  DoctorContext,
  EngineAccess,
  L1Access,
} from './check.js';
import { QuietLog } from './quietLog.js';
import { systemFiles, systemNetwork } from './system.js';

/** Of one request. A check makes few that follow each other, and ends at the first that fails. */
const TIMEOUT_MS = 4_000;
/** Requests a second: with a lower `--l1.rpc-rate-limit` the few of the checks would not end in time. */
const LEAST_RATE = 5;
/** Blocks, as a node keeps them; a check looks at a few. */
const CACHE_BLOCKS = 16;
/** Nothing is expected to come. */
const MAX_INPUT_BYTES = 1024 * 1024;
const MAX_BLOB_BYTES = 64 * 1024 * 1024;

export interface ContextDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly readFile: (path: string) => string;
}

/** Makes what the checks are given over the real machine; nothing is asked yet but the file of the secret. */
export async function createContext(config: NodeConfig, deps: ContextDeps): Promise<DoctorContext> {
  const { clock, random, signal, readFile } = deps;
  const rpcFor = (options: RpcClientOptions) =>
    createRpcClient({ timeoutMs: TIMEOUT_MS, batchTimeoutMs: TIMEOUT_MS, ...options }, deps);
  return {
    config,
    version: VERSION.version,
    l1: config.l1 === null ? null : l1Access(config, config.l1, { rpcFor, clock }),
    engine: await engineAccess(config, deps),
    daServer: config.daServer.url === null ? null : daServerAccess(config.daServer.url, deps),
    beacons: config.beacon === null ? [] : beaconAccess(config.beacon, deps),
    rpcFor,
    signerFor: (options) =>
      createRemoteSigner(options, config.rollup.l2ChainId, { clock, random, readFile }),
    network: systemNetwork(clock),
    files: systemFiles,
    ...{ clock, random, signal },
  };
}

/** Nothing is tried again: that an endpoint turns us away is what is looked for. */
function l1Access(
  { rollup }: NodeConfig,
  l1: L1Config,
  { rpcFor, clock }: Pick<DoctorContext, 'rpcFor' | 'clock'>,
): L1Access {
  const { url, maxBatchSize, maxConcurrency: maxConcurrent, rateLimit } = l1;
  const requestsPerSecond = rateLimit > 0 ? Math.max(rateLimit, LEAST_RATE) : 0;
  const rpc = rpcFor({ url, maxBatchSize, maxConcurrent, requestsPerSecond });
  const refusedMethods: string[] = [];
  const log = new QuietLog((_message, { method, fallback }) => {
    if (typeof method === 'string' && fallback !== undefined) refusedMethods.push(method);
  });
  const client = new EthClient(
    {
      isTrusted: l1.trustRpc,
      rpcKind: l1.rpcKind,
      cacheSize: CACHE_BLOCKS,
      keep: { transactionsTo: rollup.batchInboxAddress, logsOf: [rollup.depositContractAddress] },
    },
    { rpc, clock, log },
  );
  return { name: redactUrl(url), url, rpc, client, refusedMethods };
}

async function engineAccess(config: NodeConfig, deps: ContextDeps): Promise<EngineAccess> {
  const { engine, rollup } = config;
  const secret = await readSecret(engine.jwtSecretPath);
  const tokens = secret instanceof Uint8Array ? new JwtTokenProvider(secret, deps.clock) : null;
  const headers = async (): Promise<Record<string, string>> =>
    tokens === null ? {} : { authorization: `Bearer ${await tokens.getToken()}` };
  const { clock, random } = deps;
  const rpc = createRpcClient(
    { url: engine.url, timeoutMs: TIMEOUT_MS, batchTimeoutMs: TIMEOUT_MS },
    { clock, random, headers },
  );
  const source = new L2Source(
    {
      ...{ config: rollup, isTrusted: true, fetchWithdrawalRootFromState: false },
      ...{ refCacheSize: CACHE_BLOCKS, payloadCacheSize: CACHE_BLOCKS },
    },
    { rpc },
  );
  return { name: redactUrl(engine.url), url: engine.url, rpc, source, secret };
}

async function readSecret(path: string): Promise<Uint8Array | NodeError | null> {
  try {
    return await readJwtSecret(path);
  } catch (thrown) {
    return toNodeError(thrown);
  }
}

function daServerAccess(url: string, deps: ContextDeps): DaServerAccess {
  const http = new HttpGetClient({ url, timeoutMs: TIMEOUT_MS, maxBytes: MAX_INPUT_BYTES }, deps);
  const log = new QuietLog(() => undefined);
  const client = new DaServerClient(
    { maxConcurrent: 1 },
    { http, clock: deps.clock, recordError: () => undefined, log },
  );
  return { name: redactUrl(url), url, client };
}

function beaconAccess(config: BeaconConfig, deps: ContextDeps): readonly BeaconAccess[] {
  const { fetchAllSidecars } = config;
  return beaconAddresses(config).map(({ url, headers }) => {
    const options = { url, headers, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BLOB_BYTES };
    const http = new HttpGetClient(options, deps);
    return { name: redactUrl(url), url, endpoint: new BeaconEndpoint({ fetchAllSidecars }, http) };
  });
}
