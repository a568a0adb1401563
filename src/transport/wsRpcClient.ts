import type { NodeError } from '../errors/nodeError.js';
import { hasCode } from '../errors/nodeError.js';
import { Backoff } from '../runtime/backoff.js';
import { withDeadline } from './deadline.js';
import type { RpcCall, RpcCallOptions, RpcClient, RpcOutcome } from './ports.js';
import type { WireAnswer, WireMessage } from './rpcCaller.js';
import { RpcCaller } from './rpcCaller.js';
import type {
  ResolvedRpcClientOptions,
  RpcClientDeps,
  RpcClientOptions,
} from './rpcClientOptions.js';
import { resolveOptions } from './rpcClientOptions.js';
import { transportFailed, transportMalformed, transportTimeout } from './transportErrors.js';
import type { WsConnectionDeps } from './wsConnection.js';
import { isSubscriptionId, WsConnection } from './wsConnection.js';

/**
 * JSON-RPC over one WebSocket. It is opened by the first call and opened again by the first call after a break, with
 * back-off between attempts; calls wait for it within their own deadline. Calls in flight at a break fail.
 */
export class WsRpcClient implements RpcClient {
  private readonly options: ResolvedRpcClientOptions;
  private readonly caller: RpcCaller;
  private readonly backoff: Backoff;
  private readonly closing = new AbortController();
  private connection: WsConnection | null = null;
  private opening: Promise<WsConnection> | null = null;
  private notBeforeMs = 0;

  constructor(
    options: RpcClientOptions,
    private readonly deps: RpcClientDeps,
  ) {
    this.options = resolveOptions(options);
    this.backoff = new Backoff(this.options.reconnect, deps.random);
    // The port offers it as a function that may be handed on by itself.
    this.subscribe = this.subscribe.bind(this);
    this.caller = new RpcCaller(this.options, {
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

  async subscribe(
    params: readonly unknown[],
    onEvent: (result: unknown) => void,
    onLost: (error: NodeError) => void,
    namespace = 'eth',
  ): Promise<{ unsubscribe(): Promise<void> }> {
    let used: WsConnection | null = null;
    const wire = {
      exchange: async (message: WireMessage, signal: AbortSignal): Promise<WireAnswer> => {
        used = await this.connected();
        return used.exchange(message, signal, { onEvent, onLost });
      },
    };
    const id = await this.caller.request({ method: `${namespace}_subscribe`, params }, {}, wire);
    if (!isSubscriptionId(id)) {
      throw transportMalformed(this.options.url, 'subscription id is no short string');
    }
    return { unsubscribe: () => this.unsubscribe(used, id, namespace) };
  }

  /** Ends the connection; calls in flight and all later ones fail with TRANSPORT_FAILED. */
  async close(): Promise<void> {
    this.closing.abort();
    this.connection?.close();
  }

  private async exchange(message: WireMessage, signal: AbortSignal): Promise<WireAnswer> {
    const connection = await this.connected();
    const answer = await connection.exchange(message, signal);
    // Only an answer shows that the endpoint works: one that accepts and breaks off is still asked ever more rarely.
    this.backoff.reset();
    return answer;
  }

  /** Where its connection is gone, the subscription is too. */
  private async unsubscribe(
    connection: WsConnection | null,
    id: string,
    namespace: string,
  ): Promise<void> {
    connection?.unsubscribe(id);
    if (connection !== null && connection === this.connection) {
      await this.request(`${namespace}_unsubscribe`, [id]);
    }
  }

  private async connected(): Promise<WsConnection> {
    if (this.connection !== null) return this.connection;
    this.opening ??= this.open().finally(() => {
      this.opening = null;
    });
    return this.opening;
  }

  private async open(): Promise<WsConnection> {
    const { clock } = this.deps;
    const { url, timeoutMs, maxBytes } = this.options;
    try {
      const waitMs = this.notBeforeMs - clock.monotonicMs();
      if (waitMs > 0) await clock.sleep(waitMs, this.closing.signal);
      const headers = { ...this.options.headers, ...(await this.deps.headers?.()) };
      const connection = await withDeadline(
        {
          clock,
          timeoutMs,
          signal: this.closing.signal,
          timeoutError: () => transportTimeout(url, timeoutMs),
        },
        (signal) => WsConnection.open({ url, headers, maxBytes }, this.connectionDeps(), signal),
      );
      this.connection = connection;
      return connection;
    } catch (thrown) {
      this.delayNext();
      if (hasCode(thrown, 'ABORTED')) throw transportFailed(url, new Error('client is closed'));
      throw thrown;
    }
  }

  private connectionDeps(): WsConnectionDeps {
    return {
      clock: this.deps.clock,
      onNotification: (method) => this.deps.recorder?.notification(method),
      onEnd: () => {
        this.connection = null;
        this.delayNext();
      },
    };
  }

  private delayNext(): void {
    this.notBeforeMs = this.deps.clock.monotonicMs() + this.backoff.nextDelayMs();
  }
}
