import { unquoteGo } from './goString.js';
import { skipSpace, skipValue, walkArray, walkObject } from './jsonScan.js';

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

export type ParsedBody =
  /** Nothing but white space. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'single'; readonly message: RpcMessage }
  | { readonly kind: 'batch'; readonly messages: readonly RpcMessage[] };

type MutableMessage = { -readonly [K in keyof RpcMessage]: RpcMessage[K] };
type Part = 'version' | 'id' | 'method' | 'params' | 'result' | 'error';

const VERSION = '2.0';
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/**
 * Reads the first JSON value of a body; anything behind it is ignored, as go-ethereum does.
 * @param body a byte string.
 */
export function parseBody(body: string): ParsedBody {
  const start = skipSpace(body, 0);
  if (start === body.length) return { kind: 'empty' };
  if (body.charCodeAt(start) === OPEN_BRACKET) {
    const messages: RpcMessage[] = [];
    const end = walkArray(body, start, (at) => {
      const message = emptyMessage();
      messages.push(message);
      return readMessage(body, at, 1, message);
    });
    return end < 0 ? { kind: 'malformed' } : { kind: 'batch', messages };
  }
  const message = emptyMessage();
  if (readMessage(body, start, 0, message) < 0) return { kind: 'malformed' };
  return { kind: 'single', message };
}

/** True for a message without an id: it is acted upon, and nothing is answered. */
export function isNotification(message: RpcMessage): boolean {
  return message.version === VERSION && message.id === null && message.method !== '';
}

/** True for a message that gets an answer from its method. What is neither a call nor a notification is a fault. */
export function isCall(message: RpcMessage): boolean {
  return message.version === VERSION && hasValidId(message) && message.method !== '';
}

/** True for an answer; a server has no use for one and drops it. */
export function isResponse(message: RpcMessage): boolean {
  return (
    message.version === VERSION &&
    hasValidId(message) &&
    message.method === '' &&
    message.params === null &&
    message.hasOutcome
  );
}

/** An id may be any JSON value but an object or an array. */
export function hasValidId(message: RpcMessage): message is RpcMessage & { readonly id: string } {
  return message.id !== null && message.id[0] !== '{' && message.id[0] !== '[';
}

function emptyMessage(): MutableMessage {
  return { version: '', id: null, method: '', params: null, hasOutcome: false };
}

/** Fills `message` from the value at `at`; a value that is no object leaves it empty. Returns the value's end or -1. */
function readMessage(text: string, at: number, depth: number, message: MutableMessage): number {
  if (text.charCodeAt(at) !== OPEN_BRACE) return skipValue(text, at, depth);
  let hasResult = false;
  let hasError = false;
  const end = walkObject(text, at, (keyStart, keyEnd, valueStart) => {
    const valueEnd = skipValue(text, valueStart, depth + 1);
    if (valueEnd < 0) return -1;
    const part = partOf(text.slice(keyStart, keyEnd));
    if (part === undefined) return valueEnd;
    const value = text.slice(valueStart, valueEnd);
    if (part === 'id') message.id = value;
    else if (part === 'params') message.params = value;
    else if (part === 'method') message.method = stringOr(value, message.method);
    else if (part === 'version') message.version = stringOr(value, message.version);
    else if (part === 'result') hasResult = true;
    else hasError = value !== 'null';
    return valueEnd;
  });
  message.hasOutcome = hasResult || hasError;
  return end;
}

function stringOr(value: string, otherwise: string): string {
  return value[0] === '"' ? unquoteGo(value) : otherwise;
}

const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['jsonrpc', 'version'],
  ['id', 'id'],
  ['method', 'method'],
  ['params', 'params'],
  ['result', 'result'],
  ['error', 'error'],
]);

function partOf(key: string): Part | undefined {
  return PARTS.get(key.slice(1, -1)) ?? PARTS.get(foldKey(unquoteGo(key)));
}

/** Go's case folding as far as it reaches ASCII letters: the long s and the Kelvin sign fold to `s` and `k`. */
export function foldKey(key: string): string {
  return key.replace(/[A-Z\u017f\u212a]/g, (c) =>
    c === '\u017f' ? 's' : c === '\u212a' ? 'k' : c.toLowerCase(),
  );
}
