import type { BackoffOptions } from '../runtime/backoff.js';
import type { Clock, Random } from '../runtime/clock.js';
import type { RpcRecorder } from '../telemetry/rpcMetrics.js';

/** Headers for one request, or for one connection of a WebSocket; asked anew each time, for short-lived tokens. */
export type HeadersProvider = () => Promise<Readonly<Record<string, string>>>;

/** A certificate authority to trust alone, and our certificate with its key; PEM. */
export interface TlsIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface RpcClientOptions {
  /** http, https, ws or wss. User and password in it become Basic authorization. */
  readonly url: string;
  /** Time for one call, waits for a permit of the limits not counted. Default 10 s, as op-node's. */
  readonly timeoutMs?: number;
  /** Time for one request of a batch. Default 20 s, as op-node's. */
  readonly batchTimeoutMs?: number;
  /** Largest answer in bytes. Default 64 MiB: above the receipts of any block seen so far. */
  readonly maxBytes?: number;
  /** Sent with every request, or with every connection of a WebSocket. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Most TCP connections at once over HTTP. Default 16. */
  readonly maxConnections?: number;
  /** Most calls in one request of a batch; a larger batch is split. Default 20; 0 is no limit. */
  readonly maxBatchSize?: number;
  /** Most requests in flight at once. Default 0: no limit. */
  readonly maxConcurrent?: number;
  /** Most calls a second on average, in bursts of up to `maxBatchSize`. Default 0: no limit. */
  readonly requestsPerSecond?: number;
  /**
   * How often a request that the endpoint turned away (HTTP 429, 502, 503, 504) is sent again, after the time that it asks
   * for or with back-off. For endpoints where a request may be sent twice. Default 0.
   */
  readonly retries?: number;
  /** Asked for each TLS connection of HTTP, for certificates that are renewed; TLS 1.3 alone then. Default: none of our own. */
  readonly tls?: () => TlsIdentity;
  /** Delays between attempts to open a WebSocket. */
  readonly reconnect?: BackoffOptions;
}

export interface RpcClientDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly headers?: HeadersProvider;
  readonly recorder?: RpcRecorder;
}

/** Options with every default filled in. */
export type ResolvedRpcClientOptions = Required<Omit<RpcClientOptions, 'tls'>> &
  Pick<RpcClientOptions, 'tls'>;

/** First retry at once almost, then rarer, so that a restarted endpoint is found within seconds. */
const RECONNECT: BackoffOptions = { initialMs: 100, maxMs: 5_000, factor: 2, jitter: 0.5 };

/** Fills in the defaults. */
export function resolveOptions(options: RpcClientOptions): ResolvedRpcClientOptions {
  return {
    timeoutMs: 10_000,
    batchTimeoutMs: 20_000,
    maxBytes: 64 * 1024 * 1024,
    headers: {},
    maxConnections: 16,
    maxBatchSize: 20,
    maxConcurrent: 0,
    requestsPerSecond: 0,
    retries: 0,
    reconnect: RECONNECT,
    ...options,
  };
}
