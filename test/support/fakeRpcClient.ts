import type { RpcCall, RpcCallOptions, RpcClient, RpcOutcome } from '../../src/transport/ports.js';
import { RpcError } from '../../src/transport/ports.js';

/** Answers one method; may throw an RpcError or another NodeError. */
export type RpcHandler = (params: readonly unknown[]) => unknown;

/** What a fake subscription hands out: push events, or break the connection. */
export interface FakeSubscription {
  readonly params: readonly unknown[];
  readonly push: (result: unknown) => void;
  readonly lose: (error: RpcError) => void;
  isActive: boolean;
}

/** A JSON-RPC client that answers from handlers, one a method; it records every call and batch. */
export class FakeRpcClient implements RpcClient {
  readonly calls: RpcCall[] = [];
  /** The options of every request and batch, in order. */
  readonly options: (RpcCallOptions | undefined)[] = [];
  /** Sizes of the batches, in order. */
  readonly batches: number[] = [];
  readonly subscriptions: FakeSubscription[] = [];
  isClosed = false;
  readonly subscribe: RpcClient['subscribe'];

  constructor(
    readonly handlers: Record<string, RpcHandler>,
    options: { readonly canSubscribe?: boolean } = {},
  ) {
    this.subscribe = options.canSubscribe === true ? this.makeSubscription.bind(this) : null;
  }

  async request(
    method: string,
    params: readonly unknown[],
    options?: RpcCallOptions,
  ): Promise<unknown> {
    this.options.push(options);
    return this.answer(method, params);
  }

  private async answer(method: string, params: readonly unknown[]): Promise<unknown> {
    this.calls.push({ method, params });
    const handler = this.handlers[method];
    if (handler === undefined) throw unknownMethod(method);
    return handler(params);
  }

  async batch(calls: readonly RpcCall[], options?: RpcCallOptions): Promise<readonly RpcOutcome[]> {
    this.options.push(options);
    this.batches.push(calls.length);
    const outcomes: RpcOutcome[] = [];
    for (const { method, params } of calls) {
      try {
        outcomes.push({ kind: 'ok', result: await this.answer(method, params) });
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        outcomes.push({ kind: 'error', error });
      }
    }
    return outcomes;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** How often a method was called, inside batches too. */
  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  private async makeSubscription(
    params: readonly unknown[],
    onEvent: (result: unknown) => void,
    onLost: (error: RpcError) => void,
  ): Promise<{ unsubscribe(): Promise<void> }> {
    const refusal = this.handlers.eth_subscribe?.(params);
    if (refusal instanceof Error) throw refusal;
    const subscription = { params, push: onEvent, lose: onLost, isActive: true };
    this.subscriptions.push(subscription);
    return {
      unsubscribe: async () => {
        subscription.isActive = false;
      },
    };
  }
}

/** go-ethereum's answer to a method it does not have. */
export function unknownMethod(method: string): RpcError {
  const message = `the method ${method} does not exist/is not available`;
  return new RpcError(method, -32601, message, undefined);
}
