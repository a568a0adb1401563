import { isJsonRpcContentType } from './mediaType.js';

/** The first line and the headers of a plain request, as far as they matter. */
export interface PlainHead {
  readonly contentLength: number;
}

const REQUEST_LINE = 'POST / HTTP/1.1';
const NAME = /^[0-9A-Za-z!#$%&'*+\-.^_`|~]+$/;
const VALUE = /^[\x20-\x7e\t]*$/;
const LENGTH = /^\d{1,7}$/;
const HOST = /^[0-9A-Za-z.\-_:[\]]+$/;

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
 * kept connection, nothing special asked. Null for every other, correct or not: the HTTP server judges those.
 * @param head the bytes before the empty line, as a byte string.
 */
export function parsePlainHead(head: string): PlainHead | null {
  const [requestLine, ...lines] = head.split('\r\n');
  if (requestLine !== REQUEST_LINE) return null;
  const seen = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1);
    if (colon < 0 || !NAME.test(name) || !VALUE.test(value)) return null;
    if (SPECIAL.has(name) || (SINGLE.has(name) && seen.has(name))) return null;
    seen.set(name, value.trim());
  }
  return isPlain(seen) ? { contentLength: Number(seen.get('content-length')) } : null;
}

function isPlain(headers: ReadonlyMap<string, string>): boolean {
  const connection = headers.get('connection') ?? 'keep-alive';
  return (
    HOST.test(headers.get('host') ?? '') &&
    LENGTH.test(headers.get('content-length') ?? '') &&
    isJsonRpcContentType(headers.get('content-type')) &&
    connection.toLowerCase() === 'keep-alive' &&
    !(headers.get('accept-encoding') ?? '').includes('gzip')
  );
}
