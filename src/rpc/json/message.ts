import { unquoteGo } from './goString.js';
import { skipColon, skipScalar, skipSpace, skipString, ValueScan } from './jsonScan.js';
import type { RpcMessage } from './rpcMessage.js';
import { usualBatch } from './usualBatch.js';

export type ParsedBody =
  /** Nothing but white space. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'single'; readonly message: RpcMessage }
  /** `count` messages, whose syntax was checked; they are read one by one. */
  | { readonly kind: 'batch'; readonly count: number; readonly messages: Messages };

/** The messages of a batch, one after the other. */
export interface Messages {
  /** The next message, read about so many characters far; `more` when it is longer, null behind the last. */
  next(chars: number): RpcMessage | 'more' | null;
}

type MutableMessage = { -readonly [K in keyof RpcMessage]: RpcMessage[K] };
type Part = 'version' | 'id' | 'method' | 'params' | 'result' | 'error';

const VERSION = '2.0';
const OPEN_BRACE = 0x7b;
const QUOTE = 0x22;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

const NO_MESSAGE: RpcMessage = {
  version: '',
  id: null,
  method: '',
  params: null,
  hasOutcome: false,
};

/**
 * Reads the first JSON value of a body, in steps; anything behind it is ignored, as go-ethereum does. The syntax of a
 * batch is checked to its end before any message of it is read.
 */
export class BodyReader {
  private readonly body: string;
  private readonly start: number;
  private readonly batch: ValueScan | null = null;
  private readonly single: MessageReader | null = null;
  /** The whole batch, where it is written as most are. */
  private readonly usual: readonly RpcMessage[] | null;
  private at: number;

  /** @param body a byte string. */
  constructor(body: string) {
    this.body = body;
    this.start = skipSpace(body, 0);
    this.at = this.start;
    this.usual = body.startsWith('[') ? usualBatch(body) : null;
    if (body.charCodeAt(this.start) === OPEN_BRACKET) {
      this.batch = new ValueScan(body, this.start, 0);
    } else {
      this.single = new MessageReader(body, this.start, 0);
    }
  }

  /** Reads about so many characters more. @returns null when there are more still. */
  read(chars: number): ParsedBody | null {
    if (this.usual !== null) {
      return { kind: 'batch', count: this.usual.length, messages: listed(this.usual) };
    }
    if (this.start === this.body.length) return { kind: 'empty' };
    this.at += chars;
    const end = this.batch === null ? this.single?.read(this.at) : this.batch.run(this.at);
    if (end === null || end === undefined) return null;
    if (end < 0) return { kind: 'malformed' };
    if (this.batch === null) return { kind: 'single', message: this.single?.message ?? NO_MESSAGE };
    const messages = new BatchReader(this.body, this.start);
    return { kind: 'batch', count: this.batch.count, messages };
  }
}

/** A whole body at once. @param body a byte string. */
export function parseBody(body: string): ParsedBody {
  return new BodyReader(body).read(Number.POSITIVE_INFINITY) ?? { kind: 'malformed' };
}

function listed(messages: readonly RpcMessage[]): Messages {
  let at = 0;
  return { next: () => messages[at++] ?? null };
}

/** The messages of a batch whose syntax was checked. */
class BatchReader implements Messages {
  private readonly body: string;
  private at: number;
  private reader: MessageReader | null = null;

  /** @param open where the batch's bracket is. */
  constructor(body: string, open: number) {
    this.body = body;
    this.at = skipSpace(body, open + 1);
  }

  next(chars: number): RpcMessage | 'more' | null {
    const { body } = this;
    if (this.reader === null && body.charCodeAt(this.at) === CLOSE_BRACKET) return null;
    this.reader ??= new MessageReader(body, this.at, 1);
    const end = this.reader.read(Math.max(this.reader.position, this.at) + chars);
    if (end === null) return 'more';
    const { message } = this.reader;
    this.reader = null;
    const behind = skipSpace(body, end);
    this.at = body.charCodeAt(behind) === CLOSE_BRACKET ? behind : skipSpace(body, behind + 1);
    return message;
  }
}

/** Reads one value as a message, in steps; a value that is no object leaves the message empty. */
class MessageReader {
  readonly message: MutableMessage = { ...NO_MESSAGE };
  private readonly text: string;
  private readonly depth: number;
  private readonly isObject: boolean;
  private at: number;
  /** The member whose value is being read; the value itself where it is no object. */
  private member: Member | null = null;
  private isFirst = true;
  private hasResult = false;
  private hasError = false;

  constructor(text: string, from: number, depth: number) {
    this.text = text;
    this.depth = depth;
    this.isObject = text.charCodeAt(from) === OPEN_BRACE;
    this.at = this.isObject ? skipSpace(text, from + 1) : from;
    if (!this.isObject) this.member = this.memberAt(undefined, from);
  }

  /** How far it has read. */
  get position(): number {
    return this.at;
  }

  /** Goes on to about `limit`. @returns the value's end; -1 when it is not valid; null when there is more of it. */
  read(limit: number): number | null {
    while (this.at < limit) {
      const end = this.step(limit);
      if (end !== undefined) return end;
    }
    return null;
  }

  /** Goes on with one member. @returns as `read`; undefined where another member follows. */
  private step(limit: number): number | null | undefined {
    if (this.isFirst && this.isObject && this.text.charCodeAt(this.at) === CLOSE_BRACE) {
      return this.at + 1;
    }
    this.member ??= this.openMember();
    if (this.member === null) return -1;
    const { scan, start } = this.member;
    const end = scan === null ? skipScalar(this.text, start) : scan.run(limit);
    this.at = end ?? limit;
    if (end === null || end < 0 || !this.isObject) return end;
    this.take(this.member.part, this.text.slice(this.member.start, end));
    this.member = null;
    return this.behindMember(end);
  }

  private behindMember(end: number): number | undefined {
    const at = skipSpace(this.text, end);
    const c = this.text.charCodeAt(at);
    if (c === CLOSE_BRACE) return at + 1;
    if (c !== COMMA) return -1;
    this.at = skipSpace(this.text, at + 1);
    return undefined;
  }

  private openMember(): Member | null {
    const { text, at } = this;
    this.isFirst = false;
    const keyEnd = text.charCodeAt(at) === QUOTE ? skipString(text, at) : -1;
    const start = keyEnd < 0 ? -1 : skipColon(text, keyEnd);
    return start < 0 ? null : this.memberAt(partOf(text, at, keyEnd), start);
  }

  private memberAt(part: Part | undefined, start: number): Member {
    const c = this.text.charCodeAt(start);
    if (c !== OPEN_BRACE && c !== OPEN_BRACKET) return { part, start, scan: null };
    const depth = this.isObject ? this.depth + 1 : this.depth;
    return { part, start, scan: new ValueScan(this.text, start, depth) };
  }

  private take(part: Part | undefined, value: string): void {
    const { message } = this;
    if (part === 'id') message.id = value;
    else if (part === 'params') message.params = value;
    else if (part === 'method') message.method = stringOr(value, message.method);
    else if (part === 'version') message.version = stringOr(value, message.version);
    else if (part === 'result') this.hasResult = true;
    else if (part === 'error') this.hasError = value !== 'null';
    message.hasOutcome = this.hasResult || this.hasError;
  }
}

interface Member {
  /** Undefined for a key that means nothing. */
  readonly part: Part | undefined;
  readonly start: number;
  /** Null for a value that is no object or array. */
  readonly scan: ValueScan | null;
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

/**
 * Longer strings are no method's name or version, and their escapes are not resolved.
 * Differs: op-node resolves them before it says how long the name is.
 */
const MAX_LITERAL_CHARS = 16 * 1024;

function stringOr(value: string, otherwise: string): string {
  if (value[0] !== '"') return otherwise;
  return value.length > MAX_LITERAL_CHARS ? value.slice(1, -1) : unquoteGo(value);
}

const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['jsonrpc', 'version'],
  ['id', 'id'],
  ['method', 'method'],
  ['params', 'params'],
  ['result', 'result'],
  ['error', 'error'],
]);

/** No key that means something is longer, with every letter of it written as an escape, and the quotes. */
const MAX_KEY_CHARS = 6 * 'jsonrpc'.length + 2;

function partOf(text: string, at: number, end: number): Part | undefined {
  if (end - at > MAX_KEY_CHARS) return undefined;
  return (
    PARTS.get(text.slice(at + 1, end - 1)) ?? PARTS.get(foldKey(unquoteGo(text.slice(at, end))))
  );
}

/** Go's case folding as far as it reaches ASCII letters: the long s and the Kelvin sign fold to `s` and `k`. */
export function foldKey(key: string): string {
  return key.replace(/[A-Z\u017f\u212a]/g, (c) =>
    c === '\u017f' ? 's' : c === '\u212a' ? 'k' : c.toLowerCase(),
  );
}
