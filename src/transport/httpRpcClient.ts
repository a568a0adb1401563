import { BoundedHttp } from './boundedHttp.js';
import type { RpcCall, RpcCallOptions, RpcClient, RpcOutcome } from './ports.js';
import type { WireAnswer, WireMessage } from './rpcCaller.js';
import { RpcCaller } from './rpcCaller.js';
import type { RpcClientDeps, RpcClientOptions } from './rpcClientOptions.js';
import { resolveOptions } from './rpcClientOptions.js';
import { SameAnswers } from './sameAnswers.js';

/** JSON-RPC over HTTP POST with kept connections. Nothing is sent before the first call. */
export class HttpRpcClient implements RpcClient {
  /** HTTP cannot push. */
  readonly subscribe = null;
  private readonly http: BoundedHttp;
  private readonly caller: RpcCaller;
  private readonly same = new SameAnswers();

  constructor(options: RpcClientOptions, deps: RpcClientDeps) {
    const resolved = resolveOptions(options);
    this.http = new BoundedHttp(resolved, deps);
    this.caller = new RpcCaller(resolved, {
      clock: deps.clock,
      random: deps.random,
      recorder: deps.recorder,
      wire: { exchange: (message, signal) => this.exchange(message, signal) },
    });
  }

  request(method: string, params: readonly unknown[], options?: RpcCallOptions): Promise<unknown> {
    return this.caller.request({ method, params }, options);
  }

  batch(calls: readonly RpcCall[], options?: RpcCallOptions): Promise<readonly RpcOutcome[]> {
    return this.caller.batch(calls, options);
  }

  private async exchange(
    { json, ids, maxBytes, question }: WireMessage,
    signal: AbortSignal,
  ): Promise<WireAnswer> {
    const message = { method: 'POST' as const, body: json, maxBytes };
    const [id] = ids;
    if (question === null || id === undefined) return this.http.json(message, signal);
    const body = await this.http.bytes(message, signal);
    const value = this.same.read(question, id, body, () => this.http.parsed(body));
    return { value, bytes: body.length };
  }

  close(): Promise<void> {
    return this.http.close();
  }
}
