import type { Clock, Random } from '../runtime/clock.js';
import { BoundedHttp, type HttpMessage } from './boundedHttp.js';
import { withDeadline } from './deadline.js';
import type { RpcCallOptions } from './ports.js';
import { Retries } from './retries.js';
import type { HeadersProvider } from './rpcClientOptions.js';
import { transportTimeout } from './transportErrors.js';

export interface HttpGetOptions {
  /** http or https; its path is put before the path of every request. */
  readonly url: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Most TCP connections at once. Default 4. */
  readonly maxConnections?: number;
  /** How often a request that was turned away is sent again; see `RpcClientOptions`. Default 0. */
  readonly retries?: number;
}

export interface HttpGetDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly headers?: HeadersProvider;
}

/** JSON, or bytes, by HTTP GET, with the limits of the RPC clients. Made for the beacon API and for DA servers. */
export class HttpGetClient {
  private readonly http: BoundedHttp;
  private readonly basePath: string;
  private readonly retries: Retries;

  constructor(
    private readonly options: HttpGetOptions,
    private readonly deps: HttpGetDeps,
  ) {
    this.basePath = withoutTrailingSlashes(new URL(options.url).pathname);
    const { url, headers = {}, maxConnections = 4, retries = 0 } = options;
    this.retries = new Retries({ retries }, deps);
    this.http = new BoundedHttp({ url, headers, maxConnections }, deps);
  }

  /**
   * The undecoded JSON body of an answer with status 200.
   * @param path begins with a slash; may carry a query.
   * @throws HttpStatusError for another status, TRANSPORT_* otherwise, all temporary; ABORTED.
   */
  getJson(path: string, options: RpcCallOptions = {}): Promise<unknown> {
    return this.get(path, options, async (message, signal) => {
      return (await this.http.json(message, signal)).value;
    });
  }

  /** The body of an answer with status 200, whatever it is. @throws as `getJson`. */
  getBytes(path: string, options: RpcCallOptions = {}): Promise<Uint8Array> {
    const accept = 'application/octet-stream, */*';
    return this.get(path, options, async (message, signal) => {
      // A copy: V8 reads single bytes slowly where bodies lie (`roomFor`), and these are read one by one.
      return Buffer.from(await this.http.bytes({ ...message, accept }, signal));
    });
  }

  private get<T>(
    path: string,
    options: RpcCallOptions,
    send: (message: HttpMessage, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeoutMs = options.timeoutMs ?? this.options.timeoutMs;
    const maxBytes = options.maxBytes ?? this.options.maxBytes;
    const message = { method: 'GET' as const, path: `${this.basePath}${path}`, maxBytes };
    const signal = options.signal ?? new AbortController().signal;
    const timeoutError = () => transportTimeout(this.options.url, timeoutMs);
    const deadline = { clock: this.deps.clock, timeoutMs, signal, timeoutError };
    return this.retries.run(
      () => withDeadline(deadline, (limited) => send(message, limited)),
      signal,
    );
  }

  /** Ends all connections; requests in flight fail with TRANSPORT_FAILED. */
  close(): Promise<void> {
    return this.http.close();
  }
}

function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}
