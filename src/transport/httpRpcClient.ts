import { BoundedHttp } from './boundedHttp.js';
import type { RpcCall, RpcCallOptions, RpcClient, RpcOutcome } from './ports.js';
import { RpcCaller } from './rpcCaller.js';
import type { RpcClientDeps, RpcClientOptions } from './rpcClientOptions.js';
import { resolveOptions } from './rpcClientOptions.js';

/** JSON-RPC over HTTP POST with kept connections. Nothing is sent before the first call. */
export class HttpRpcClient implements RpcClient {
  /** HTTP cannot push. */
  readonly subscribe = null;
  private readonly http: BoundedHttp;
  private readonly caller: RpcCaller;

  constructor(options: RpcClientOptions, deps: RpcClientDeps) {
    const resolved = resolveOptions(options);
    this.http = new BoundedHttp(resolved, deps);
    this.caller = new RpcCaller(resolved, {
      clock: deps.clock,
      random: deps.random,
      recorder: deps.recorder,
      wire: {
        exchange: ({ json, maxBytes }, signal) =>
          this.http.json({ method: 'POST', body: json, maxBytes }, signal),
      },
    });
  }

  request(method: string, params: readonly unknown[], options?: RpcCallOptions): Promise<unknown> {
    return this.caller.request({ method, params }, options);
  }

  batch(calls: readonly RpcCall[], options?: RpcCallOptions): Promise<readonly RpcOutcome[]> {
    return this.caller.batch(calls, options);
  }

  close(): Promise<void> {
    return this.http.close();
  }
}
