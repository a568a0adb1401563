import { isGzipWanted, makeHead, routeRequest } from './httpRules.js';

/** The first line and the headers of a plain request, as far as they matter. */
export interface PlainHead {
  readonly contentLength: number;
  readonly isGzipWanted: boolean;
}

const REQUEST_LINE = 'POST / HTTP/1.1';
const NAME = /^[0-9A-Za-z!#$%&'*+\-.^_`|~]+$/;
const VALUE = /^[\x20-\x7e\t]*$/;
const LENGTH = /^\d{1,7}$/;

/** Headers that change what a request means: with one of them it is not plain. */
const SPECIAL = new Set([
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'origin',
  'proxy-connection',
]);

/** Headers that a plain request has at most once. */
const SINGLE = new Set(['host', 'content-length', 'content-type', 'connection']);

/**
 * Reads the head of the one kind of request that the fast lane takes: `POST /` with a JSON body of known length on a
 * kept connection, nothing special asked, judged by the rules of `httpRules.ts`. Null for every other, correct or not:
 * the HTTP server reads those, for the same judge.
 * @param head the bytes before the empty line, as a byte string.
 */
export function parsePlainHead(head: string): PlainHead | null {
  const [requestLine, ...lines] = head.split('\r\n');
  if (requestLine !== REQUEST_LINE) return null;
  const fields: [string, string][] = [];
  const single = new Set<string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1);
    if (colon < 0 || !NAME.test(name) || !VALUE.test(value)) return null;
    if (SPECIAL.has(name) || single.has(name)) return null;
    if (SINGLE.has(name)) single.add(name);
    fields.push([name, value.trim()]);
  }
  return judgePlain(fields);
}

function judgePlain(fields: readonly (readonly [string, string])[]): PlainHead | null {
  const head = makeHead({ method: 'POST', target: '/', version: '1.1' }, fields);
  const length = head.headers.get('content-length') ?? '';
  const connection = head.headers.get('connection') ?? 'keep-alive';
  const isPlain = LENGTH.test(length) && connection.toLowerCase() === 'keep-alive';
  if (!isPlain || routeRequest(head, '').kind !== 'rpc') return null;
  return { contentLength: Number(length), isGzipWanted: isGzipWanted(head) };
}
