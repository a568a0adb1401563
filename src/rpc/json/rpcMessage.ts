/**
 * One JSON-RPC message as go-ethereum reads it into its `jsonrpcMessage`: keys in any case, the last of equal keys
 * wins, a value of the wrong type leaves its field as it was. Raw parts are byte strings, exactly as sent.
 */
export interface RpcMessage {
  readonly version: string;
  /** Null when the message has no id; the id `null` is the text `null`. */
  readonly id: string | null;
  /** Empty when the message names no method. */
  readonly method: string;
  readonly params: string | null;
  /** True when the message has a result or an error: an answer to a request that this server never sent. */
  readonly hasOutcome: boolean;
}
