import { NodeError } from '../errors/nodeError.js';
import { remoteText } from '../types/remoteText.js';

export interface RpcCallOptions {
  readonly signal?: AbortSignal;
  /** Overrides the client's default. */
  readonly timeoutMs?: number;
  /** Largest accepted response body; larger throws TRANSPORT_TOO_LARGE. Overrides the client's default. */
  readonly maxBytes?: number;
  /**
   * The call is made again and again, and its answer often the same: then the result may be the very object that it was
   * before, which so must not be changed. Of a single call only.
   */
  readonly isPolled?: boolean;
}

export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** One answer of a batch. The error is an RpcError where the endpoint answered with one, else what its part failed with. */
export type RpcOutcome =
  | { readonly kind: 'ok'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: NodeError };

/** A JSON-RPC client over HTTP or WebSocket. All failures are NodeErrors of severity temporary. */
export interface RpcClient {
  /** Resolves to the undecoded `result`. @throws RpcError when answered with an error; TRANSPORT_* otherwise. */
  request(method: string, params: readonly unknown[], options?: RpcCallOptions): Promise<unknown>;
  /**
   * Sends all calls in one request (or more, if a batch limit is set), keeps the order. What came is never lost: calls of
   * a request that failed have its error as their outcome. @throws TRANSPORT_* when every request failed.
   */
  batch(calls: readonly RpcCall[], options?: RpcCallOptions): Promise<readonly RpcOutcome[]>;
  /**
   * `eth_subscribe`, or that of another namespace, where the transport can push, else null. Each event's `result` goes to
   * `onEvent`; `onLost` is called once when the connection breaks, after which the caller subscribes again.
   */
  readonly subscribe:
    | ((
        params: readonly unknown[],
        onEvent: (result: unknown) => void,
        onLost: (error: NodeError) => void,
        namespace?: string,
      ) => Promise<{ unsubscribe(): Promise<void> }>)
    | null;
  close(): Promise<void>;
}

/** A JSON-RPC error object that a remote endpoint answered with. Its texts are cut to `MAX_REMOTE_CHARS`. */
export class RpcError extends NodeError {
  /** The JSON-RPC error code, as in `error.code`. */
  readonly rpcCode: number;
  /**
   * Text is cut as the message is; of an object only the text under `err` is kept, where execution clients put the
   * reason.
   */
  readonly data: unknown;

  constructor(method: string, rpcCode: number, message: string, data: unknown) {
    super('RPC_ERROR', remoteText(message), { severity: 'temporary', fields: { method, rpcCode } });
    this.rpcCode = rpcCode;
    this.data = boundedData(data);
  }
}

function boundedData(data: unknown): unknown {
  if (typeof data === 'string') return remoteText(data);
  if (typeof data !== 'object' || data === null) return data;
  return 'err' in data && typeof data.err === 'string' ? remoteText(data.err) : undefined;
}
