import type { Clock } from '../runtime/clock.js';
import { BoundedHttp } from './boundedHttp.js';
import { withDeadline } from './deadline.js';
import type { RpcCallOptions } from './ports.js';
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
}

export interface HttpGetDeps {
  readonly clock: Clock;
  readonly headers?: HeadersProvider;
}

/** JSON by HTTP GET, with the limits of the RPC clients. Made for the beacon API. */
export class HttpGetClient {
  private readonly http: BoundedHttp;
  private readonly basePath: string;

  constructor(
    private readonly options: HttpGetOptions,
    private readonly deps: HttpGetDeps,
  ) {
    this.basePath = withoutTrailingSlashes(new URL(options.url).pathname);
    const { url, headers = {}, maxConnections = 4 } = options;
    this.http = new BoundedHttp({ url, headers, maxConnections }, deps);
  }

  /**
   * The undecoded JSON body of an answer with status 200.
   * @param path begins with a slash; may carry a query.
   * @throws HttpStatusError for another status, TRANSPORT_* otherwise, all temporary; ABORTED.
   */
  getJson(path: string, options: RpcCallOptions = {}): Promise<unknown> {
    const timeoutMs = options.timeoutMs ?? this.options.timeoutMs;
    const maxBytes = options.maxBytes ?? this.options.maxBytes;
    return withDeadline(
      {
        clock: this.deps.clock,
        timeoutMs,
        signal: options.signal ?? new AbortController().signal,
        timeoutError: () => transportTimeout(this.options.url, timeoutMs),
      },
      async (signal) => {
        const message = { method: 'GET' as const, path: `${this.basePath}${path}`, maxBytes };
        return (await this.http.json(message, signal)).value;
      },
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
