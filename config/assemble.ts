import type { ChainConfig } from './chain.js';
import { isWithoutL1 } from './checkFollow.js';
import { parseHeader } from './checkNode.js';
import type {
  BeaconConfig,
  DaServerConfig,
  DerivationConfig,
  FollowConfig,
  L1Config,
  LogConfig,
  NodeConfig,
  PprofConfig,
  RpcConfig,
  SequencerConfig,
  SyncConfig,
} from './nodeConfig.js';
import { startupNotices } from './notices.js';
import { p2pOptions } from './p2pConfig.js';
import type { Env } from './readEnv.js';
import type { Settings } from './schema.js';
import { parseSourceHeader } from './sourceHeader.js';

/** The config tree of checked settings. */
export function assembleConfig(settings: Settings, chain: ChainConfig, env: Env): NodeConfig {
  const { get } = settings;
  return deepFreeze({
    ...chain,
    l1: isWithoutL1(settings) ? null : l1Config(settings, chain),
    beacon: beaconConfig(settings),
    isBeaconCheckIgnored: get('l1.beacon.ignore'),
    daServer: daServerConfig(settings),
    engine: {
      url: get('l2'),
      jwtSecretPath: get('l2.jwt-secret').trim(),
      rpcTimeoutMs: get('l2.engine-rpc-timeout'),
      kind: get('l2.enginekind'),
    },
    sync: syncConfig(settings),
    follow: followConfig(settings),
    rpc: rpcConfig(settings),
    metrics: {
      isEnabled: get('metrics.enabled'),
      addr: get('metrics.addr'),
      port: get('metrics.port'),
    },
    pprof: pprofConfig(settings),
    log: logConfig(settings),
    sequencer: sequencerConfig(settings),
    conductor: {
      isEnabled: get('conductor.enabled'),
      url: get('conductor.rpc'),
      rpcTimeoutMs: get('conductor.rpc-timeout'),
    },
    derivation: derivationConfig(settings),
    safeDbPath: get('safedb.path') || null,
    p2p: p2pOptions(settings),
    notices: [...startupNotices(settings, env), ...chain.notices],
  });
}

function l1Config({ get }: Settings, { rollup }: ChainConfig): L1Config {
  // op-node `node/node.go` initL1Source.
  const defaultCacheSize = Number((rollup.seqWindowSize * 3n) / 2n);
  return {
    url: get('l1'),
    trustRpc: get('l1.trustrpc'),
    rpcKind: get('l1.rpckind'),
    rateLimit: get('l1.rpc-rate-limit'),
    maxBatchSize: get('l1.rpc-max-batch-size'),
    maxConcurrency: get('l1.max-concurrency'),
    cacheSize: get('l1.cache-size') || defaultCacheSize,
    httpPollIntervalMs: get('l1.http-poll-interval'),
    epochPollIntervalMs: get('l1.epoch-poll-interval'),
  };
}

function beaconConfig({ get }: Settings): BeaconConfig | null {
  const url = get('l1.beacon');
  if (url === '') return null;
  return {
    url,
    header: parseHeader(get('l1.beacon-header')),
    fallbackUrls: get('l1.beacon-fallbacks'),
    fetchAllSidecars: get('l1.beacon.fetch-all-sidecars'),
    slotDurationOverride: get('l1.beacon.slot-duration-override'),
  };
}

/** op-node waits for an answer for ever without a limit; whatever hangs is asked again here. */
const DEFAULT_GET_TIMEOUT_MS = 120_000;
/** Where the flag sets no limit. */
const DEFAULT_DA_REQUESTS = 8;

function daServerConfig({ get }: Settings): DaServerConfig {
  return {
    url: get('altda.da-server') || null,
    verifyOnRead: get('altda.verify-on-read'),
    getTimeoutMs: get('altda.get-timeout') || DEFAULT_GET_TIMEOUT_MS,
    maxConcurrent: get('altda.max-concurrent-da-requests') || DEFAULT_DA_REQUESTS,
  };
}

function syncConfig({ get }: Settings): SyncConfig {
  const mode = get('l2.engine-sync') ? 'execution-layer' : get('syncmode');
  return {
    mode,
    isReqRespEnabled: get('syncmode.req-resp'),
    skipSyncStartCheck: get('l2.skip-sync-start-check'),
    offsetElSafeMs: mode === 'execution-layer' ? get('syncmode.offset-el-safe') : 0,
  };
}

function followConfig({ get }: Settings): FollowConfig | null {
  const sources = get('l2.follow.source');
  if (sources.length === 0) return null;
  return {
    sources,
    headers: headersOf(sources.length, get('l2.follow.source.header')),
    rpcTimeoutMs: get('l2.follow.source.rpc-timeout'),
    pollIntervalMs: get('l2.follow.poll-interval'),
    quorum: get('l2.follow.quorum'),
    maxLag: get('l2.follow.max-lag'),
    isPushEnabled: get('l2.follow.push'),
    blocksUrl: get('l2.follow.blocks') || null,
    isVerifyEnabled: get('l2.follow.verify'),
  };
}

function headersOf(count: number, texts: readonly string[]): FollowConfig['headers'] {
  const headers = texts.flatMap((text) => parseSourceHeader(text) ?? []);
  return Array.from({ length: count }, (_, place) => {
    const own = headers.filter(({ source }) => source === place);
    return Object.fromEntries(own.map(({ name, value }) => [name, value]));
  });
}

function rpcConfig({ get }: Settings): RpcConfig {
  return {
    addr: get('rpc.addr'),
    port: get('rpc.port'),
    isAdminEnabled: get('rpc.enable-admin'),
    isWsEnabled: get('rpc.ws'),
    adminStatePath: get('rpc.admin-state') || null,
    fetchWithdrawalRootFromState: get('fetch-withdrawal-root-from-state'),
    isSequencerApiEnabled: get('experimental.sequencer-api'),
  };
}

function pprofConfig({ get }: Settings): PprofConfig | null {
  const wanted = get('pprof.type');
  const type = wanted === 'cpu' || wanted === 'heap' ? wanted : null;
  const isEnabled = get('pprof.enabled');
  if (!isEnabled && type === null) return null;
  return {
    isEnabled,
    addr: get('pprof.addr'),
    port: get('pprof.port'),
    type,
    path: get('pprof.path'),
  };
}

function logConfig({ get, isSet }: Settings): LogConfig {
  return {
    level: get('log.level'),
    format: get('log.format'),
    color: isSet('log.color') ? get('log.color') : null,
    pid: get('log.pid'),
  };
}

function sequencerConfig({ get }: Settings): SequencerConfig {
  return {
    isEnabled: get('sequencer.enabled'),
    isStopped: get('sequencer.stopped') || get('conductor.enabled'),
    maxSafeLag: get('sequencer.max-safe-lag'),
    l1Confs: get('sequencer.l1-confs'),
    isRecoverMode: get('sequencer.recover'),
    sealingDurationMs: get('sequencer.sealing-duration'),
  };
}

function derivationConfig({ get }: Settings): DerivationConfig {
  return {
    l1Confs: get('verifier.l1-confs'),
    finalityLookback: get('finality.lookback') || null,
    finalityDelay: get('finality.delay') || null,
  };
}

/** Freezes the tree in place, so that nobody changes what others were told. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
