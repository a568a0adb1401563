import type { Fields } from '../src/errors/nodeError.js';
import type { DependencySet } from '../src/rollup/dependencySet.js';
import type { L1ChainConfig } from '../src/rollup/l1ChainConfig.js';
import type { RollupConfig } from '../src/rollup/rollupConfig.js';
import type { P2pOptions } from '../src/types/p2pOptions.js';
import type { RpcKind } from '../src/types/rpcKind.js';

/** How the L1 execution client is read. */
export interface L1Config {
  readonly url: string;
  /** Hashes and roots are not checked. */
  readonly trustRpc: boolean;
  /** What the endpoint is, which decides how receipts are asked for. */
  readonly rpcKind: RpcKind;
  /** Requests a second; 0 is no limit. */
  readonly rateLimit: number;
  /** Calls in one request. */
  readonly maxBatchSize: number;
  /** Requests under way at once. */
  readonly maxConcurrency: number;
  /** Blocks; already 3/2 of the sequencing window where the flag is 0. */
  readonly cacheSize: number;
  readonly httpPollIntervalMs: number;
  /** 0 or less: off. */
  readonly epochPollIntervalMs: number;
}

/** How L1 blobs are read. */
export interface BeaconConfig {
  readonly url: string;
  /** Sent with every request; null for none. */
  readonly header: { readonly name: string; readonly value: string } | null;
  /** Asked in this order for blobs that the first endpoint does not have. */
  readonly fallbackUrls: readonly string[];
  /** Asks for all sidecars of a slot instead of those that are needed. */
  readonly fetchAllSidecars: boolean;
  /** Seconds; 0 asks the beacon node. */
  readonly slotDurationOverride: number;
}

/** How the inputs of commitments are read, on a chain with alternative data availability. */
export interface DaServerConfig {
  /** Null where none is given: derivation waits at the first commitment. */
  readonly url: string | null;
  readonly verifyOnRead: boolean;
  readonly getTimeoutMs: number;
  /** Requests under way at once, at least 1. */
  readonly maxConcurrent: number;
}

export type EngineKind = 'geth' | 'reth' | 'erigon';

/** How the execution engine is driven. */
export interface EngineConfig {
  readonly url: string;
  readonly jwtSecretPath: string;
  readonly rpcTimeoutMs: number;
  readonly kind: EngineKind;
}

/** How unsafe blocks that are missing are got. */
export interface SyncConfig {
  readonly mode: 'consensus-layer' | 'execution-layer';
  readonly isReqRespEnabled: boolean;
  readonly skipSyncStartCheck: boolean;
  /** 0 outside of execution-layer mode. */
  readonly offsetElSafeMs: number;
}

export interface FollowConfig {
  /** At least one; the preferred one first; no two equal. */
  readonly sources: readonly string[];
  /** Sent with each request to the source of the same place. */
  readonly headers: readonly Readonly<Record<string, string>>[];
  readonly rpcTimeoutMs: number;
  readonly pollIntervalMs: number;
  /** 0 follows one source at a time. */
  readonly quorum: number;
  /** Blocks; 0 is off. */
  readonly maxLag: number;
  /** Sources that push their status are asked to. */
  readonly isPushEnabled: boolean;
  readonly blocksUrl: string | null;
  readonly isVerifyEnabled: boolean;
}

export interface ListenConfig {
  readonly isEnabled: boolean;
  readonly addr: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/** Profiles: served, or of the whole run into a file. */
export interface PprofConfig extends ListenConfig {
  /** What the run is profiled for; null for nothing. */
  readonly type: 'cpu' | 'heap' | null;
  /** A file or a directory; empty is the working directory. */
  readonly path: string;
}

export interface RpcConfig {
  readonly addr: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly isAdminEnabled: boolean;
  /** WebSockets on the same port. */
  readonly isWsEnabled: boolean;
  readonly adminStatePath: string | null;
  readonly fetchWithdrawalRootFromState: boolean;
  readonly isSequencerApiEnabled: boolean;
}

export interface LogConfig {
  readonly level: 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'CRIT';
  readonly format: 'text' | 'terminal' | 'logfmt' | 'logfmtms' | 'json' | 'jsonms';
  /** Null: color where the output is a terminal. */
  readonly color: boolean | null;
  readonly pid: boolean;
}

export interface SequencerConfig {
  readonly isEnabled: boolean;
  /** Also true where a conductor decides. */
  readonly isStopped: boolean;
  /** L2 blocks; 0 is no limit. */
  readonly maxSafeLag: number;
  /** L1 blocks on top of an origin before it is built on. */
  readonly l1Confs: number;
  /** Always takes the next L1 origin, and builds blocks without user transactions. */
  readonly isRecoverMode: boolean;
  /** Time kept for sealing before a block is due. */
  readonly sealingDurationMs: number;
}

export interface ConductorConfig {
  readonly isEnabled: boolean;
  readonly url: string;
  readonly rpcTimeoutMs: number;
}

export interface DerivationConfig {
  /** L1 blocks on top of one before it is derived from. */
  readonly l1Confs: number;
  /** L1 blocks; null computes it. */
  readonly finalityLookback: number | null;
  /** L1 blocks; null is 64. */
  readonly finalityDelay: number | null;
}

/** Something to log once at start. */
export interface StartupNotice {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly fields: Fields;
}

/** Everything that the node is told, checked as far as that needs no endpoint. Immutable. */
export interface NodeConfig {
  readonly rollup: RollupConfig;
  /** Null only without an L1. */
  readonly l1ChainConfig: L1ChainConfig | null;
  /** Null where neither a file nor the registry names one. */
  readonly dependencySet: DependencySet | null;
  /** The chain's name in the superchain registry, like `op`; null where it is not in it. */
  readonly network: string | null;
  /** Null: no L1, only while following. */
  readonly l1: L1Config | null;
  /** Null: no beacon node given. */
  readonly beacon: BeaconConfig | null;
  /** A beacon node that is missing or does not answer does not stop the start. */
  readonly isBeaconCheckIgnored: boolean;
  readonly daServer: DaServerConfig;
  readonly engine: EngineConfig;
  readonly sync: SyncConfig;
  /** Null: not following. */
  readonly follow: FollowConfig | null;
  readonly rpc: RpcConfig;
  readonly metrics: ListenConfig;
  /** Null: nothing is profiled. */
  readonly pprof: PprofConfig | null;
  readonly log: LogConfig;
  readonly sequencer: SequencerConfig;
  readonly conductor: ConductorConfig;
  readonly derivation: DerivationConfig;
  readonly safeDbPath: string | null;
  /** Null: no peers. */
  readonly p2p: P2pOptions | null;
  /** In this order. */
  readonly notices: readonly StartupNotice[];
}
