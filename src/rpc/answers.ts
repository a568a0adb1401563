import type { RpcFault } from './errors.js';
import { escapeRawGo, quoteGo } from './json/goString.js';

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
