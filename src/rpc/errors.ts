import { NodeError } from '../errors/nodeError.js';
import { escapeRawGo, quoteGo } from './json/goString.js';

/** JSON-RPC error codes as go-ethereum's server gives them; its `rpc/errors.go`. */
export const RPC_CODES = {
  /** A method's own failure. */
  failed: -32000,
  timeout: -32002,
  responseTooLarge: -32003,
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  /** The method threw what nobody planned for. */
  crashed: -32603,
} as const;

/** A fault that is answered to the caller with exactly this code and text. */
export class RpcFault extends Error {
  override readonly name = 'RpcFault';
  readonly code: number;

  /** Where it was thrown is of no use to the caller, and to note it would cost more than most answers. */
  constructor(code: number, message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
  }
}

/** The method's own failure: code -32000 and the bare text. */
export function failed(message: string): RpcFault {
  return new RpcFault(RPC_CODES.failed, message);
}

/** Arguments that do not fit the method: code -32602; the text is op-node's. */
export function invalidParams(message: string): RpcFault {
  return new RpcFault(RPC_CODES.invalidParams, message);
}

/**
 * What the caller is told about a throw. A NodeError is answered with its bare message; anything else is a bug, and its
 * text stays in the process (`isCrash`: the caller logs it).
 */
export function toFault(thrown: unknown): { readonly fault: RpcFault; readonly isCrash: boolean } {
  if (thrown instanceof RpcFault) return { fault: thrown, isCrash: false };
  if (thrown instanceof NodeError && thrown.code !== 'UNEXPECTED') {
    return { fault: failed(thrown.message), isCrash: false };
  }
  return { fault: new RpcFault(RPC_CODES.crashed, 'method handler crashed'), isCrash: true };
}

/** The text of a failure below a method, to be put into the method's own. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof NodeError || thrown instanceof RpcFault) return thrown.message;
  throw thrown;
}

/**
 * One answer object without a line end, keys in go-ethereum's order.
 * @param id the request's id as sent (a byte string).
 * @param result ready JSON.
 */
export function encodeResult(id: string, result: string): string {
  return `{"jsonrpc":"2.0","id":${escapeRawGo(id)},"result":${result}}`;
}

/** One error object without a line end; an id of null is written as `null`. */
export function encodeFault(id: string | null, fault: RpcFault): string {
  const shownId = id === null ? 'null' : escapeRawGo(id);
  return `{"jsonrpc":"2.0","id":${shownId},"error":{"code":${fault.code},"message":${quoteGo(fault.message)}}}`;
}
