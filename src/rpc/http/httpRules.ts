import type { IncomingMessage } from 'node:http';
import { isJsonRpcContentType } from './mediaType.js';

/** go-ethereum's `defaultBodyLimit`. */
export const MAX_BODY_BYTES = 5 * 1024 * 1024;

/**
 * Headers of a request that are read at all: Node's server drops those behind them in silence.
 * Differs: op-node has no limit but the head's size.
 */
export const MAX_HEADERS = 1_000;

/** The head of an HTTP request, as far as the rules look at it. Both ways to the RPC make one and have it judged here. */
export interface HttpHead {
  readonly method: string;
  /** The request target as sent. */
  readonly target: string;
  /** `1.1` or `1.0`. */
  readonly version: string;
  /** Names in lower case; of equal ones the first, as Go takes it. */
  readonly headers: ReadonlyMap<string, string>;
  /** How many headers there are, and how many of them are called Host. */
  readonly headerCount: number;
  readonly hostCount: number;
}

/** An answer of the HTTP layer. */
export interface HttpAnswer {
  readonly status: number;
  /** Words behind the status, where they are not the usual ones. */
  readonly reason?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A byte string. */
  readonly body: string;
}

export type Route =
  /** A JSON-RPC body is to be read and answered, with these headers. */
  | { readonly kind: 'rpc'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  /** It is asked whether the node is ready. */
  | { readonly kind: 'readiness' };

const JSON_TYPE = 'application/json';
/** Not a path of op-node. */
const READY_PATH = '/readyz';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/**
 * What op-node's HTTP stack does with a request before any JSON is read: path rules of Go's ServeMux, `/healthz`,
 * CORS for every origin, then go-ethereum's checks of method, size and content type.
 * op-node `op-service/rpc/handler.go`; go-ethereum `node/rpcstack.go`, `rpc/http.go`.
 * @param healthzBody the ready body of `/healthz`.
 */
export function routeRequest(head: HttpHead, healthzBody: string): Route {
  const refused = refusalOf(head);
  if (refused !== null) return refused;
  if (head.target === '*') {
    return head.method === 'OPTIONS'
      ? answer(200, {}, '')
      : answer(400, { connection: 'close' }, '');
  }
  const { path, query } = splitTarget(head.target);
  const clean = cleanPath(path);
  if (clean !== path) return redirect(head.method, clean, query);
  const decoded = decodePath(path);
  if (decoded === '/healthz' || decoded === '/healthz/') {
    return answer(200, { 'content-type': JSON_TYPE }, healthzBody);
  }
  if (decoded === READY_PATH) return { kind: 'readiness' };
  if (decoded !== '/') return httpError(404, '404 page not found');
  return routeRpc(head, query);
}

/** @param missing what keeps the node from being ready. */
export function readinessAnswer(missing: readonly string[]): HttpAnswer {
  const body = JSON.stringify({ ready: missing.length === 0, missing });
  return {
    status: missing.length === 0 ? 200 : 503,
    headers: { 'content-type': JSON_TYPE },
    body: `${body}\n`,
  };
}

/** The head of a request that Node has read. */
export function headOf(request: IncomingMessage, target: string): HttpHead {
  const { method = 'GET', httpVersion, rawHeaders } = request;
  const fields: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    fields.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  }
  return makeHead({ method, target, version: httpVersion }, fields);
}

/** A head of its first line and its headers, in the order in which they came. */
export function makeHead(
  line: Pick<HttpHead, 'method' | 'target' | 'version'>,
  fields: readonly (readonly [name: string, value: string])[],
): HttpHead {
  const headers = new Map<string, string>();
  let hostCount = 0;
  for (const [anyCase, value] of fields) {
    const name = anyCase.toLowerCase();
    if (name === 'host') hostCount += 1;
    if (!headers.has(name)) headers.set(name, value);
  }
  return { ...line, headers, headerCount: fields.length, hostCount };
}

/** Whether go-ethereum would compress the answer. */
export function isGzipWanted(head: HttpHead): boolean {
  return header(head, 'accept-encoding').includes('gzip');
}

function routeRpc(head: HttpHead, query: string): Route {
  const { method } = head;
  if (method === 'OPTIONS' && header(head, 'access-control-request-method') !== '') {
    return answer(204, preflightHeaders(head), '');
  }
  const cors = corsHeaders(head);
  const length = contentLength(head);
  if (method === 'GET' && length === 0 && query === '') return answer(200, cors, '');
  if (method === 'PUT' || method === 'DELETE') return httpError(405, 'method not allowed', cors);
  if (length > MAX_BODY_BYTES) {
    // As a number it may have been rounded.
    const exact = BigInt(header(head, 'content-length'));
    return httpError(413, `content length too large (${exact}>${MAX_BODY_BYTES})`, cors);
  }
  const isJson = isJsonRpcContentType(head.headers.get('content-type'));
  if (method !== 'OPTIONS' && !isJson) {
    return httpError(415, `invalid content type, only ${JSON_TYPE} is supported`, cors);
  }
  return { kind: 'rpc', headers: { ...cors, 'content-type': JSON_TYPE } };
}

/** What Go's HTTP server refuses before any handler, in its order; null where there is nothing. */
function refusalOf(head: HttpHead): Route | null {
  if (head.headerCount >= MAX_HEADERS) return refuse(431, 'Request Header Fields Too Large');
  const isMalformed = BAD_ESCAPE.test(splitTarget(head.target).path) || head.hostCount > 1;
  // Longer than an int64: no number so large is exact here, and none is a length.
  if (isMalformed || contentLength(head) >= 2 ** 63) return refuse(400, 'Bad Request');
  const coding = head.headers.get('transfer-encoding');
  // Differs: op-node overlooks the coding; where such a body ends is not to be known (RFC 9112, section 6.1).
  if (coding !== undefined && !isAtLeast11(head)) return refuse(400, 'Bad Request');
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    return refuse(501, 'Not Implemented', 'Unsupported transfer encoding');
  }
  if (!head.version.startsWith('1.')) {
    return refuse(505, 'HTTP Version Not Supported: unsupported protocol version');
  }
  const host = head.headers.get('host');
  if (host === undefined && isAtLeast11(head)) {
    return refuse(400, 'Bad Request: missing required Host header');
  }
  if (host !== undefined && !HOST.test(host)) {
    return refuse(400, 'Bad Request: malformed Host header');
  }
  const isUnknown = header(head, 'expect') !== '' && !expectsContinue(head);
  return isUnknown ? answer(417, { connection: 'close' }, '') : null;
}

function isAtLeast11({ version }: HttpHead): boolean {
  return version !== '1.0' && version !== '0.9';
}

/** A token among others, as Go looks for it. */
const CONTINUE = /(?:^|[ ,\t])100-continue(?:$|[ ,\t])/i;

function expectsContinue(head: HttpHead): boolean {
  return CONTINUE.test(header(head, 'expect'));
}

/** True where the caller sends its body only once it is told to go on. */
export function isContinueAwaited(head: HttpHead): boolean {
  return expectsContinue(head) && isAtLeast11(head) && contentLength(head) !== 0;
}

/** Characters that Go lets pass in a Host header. */
const HOST = /^[0-9A-Za-z!$%&'()*+,\-.:;=[\]_~]*$/;
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;

/** What Go's server says by itself, before it closes: mostly the status, with the reason in its words. */
function refuse(status: number, reason: string, body = `${status} ${reason}`): Route {
  const headers = { 'content-type': TEXT_TYPE, connection: 'close' };
  return { kind: 'answer', answer: { status, reason, headers, body } };
}

function answer(status: number, headers: Readonly<Record<string, string>>, body: string): Route {
  return { kind: 'answer', answer: { status, headers, body } };
}

/** Go's `http.Error`. */
function httpError(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Route {
  const all = { ...headers, 'content-type': TEXT_TYPE, 'x-content-type-options': 'nosniff' };
  const reason = status === 413 ? { reason: 'Request Entity Too Large' } : {};
  return { kind: 'answer', answer: { status, ...reason, headers: all, body: `${text}\n` } };
}

/** -1 for a chunked body: not known. */
function contentLength(head: HttpHead): number {
  if (head.headers.has('transfer-encoding')) return -1;
  return Number(header(head, 'content-length'));
}

function header(head: HttpHead, name: string): string {
  return head.headers.get(name) ?? '';
}

/** rs/cors with every origin allowed, methods POST and GET (HEAD and OPTIONS pass there too). */
function corsHeaders(head: HttpHead): Record<string, string> {
  const isAllowed = ['GET', 'POST', 'OPTIONS'].includes(head.method);
  return header(head, 'origin') !== '' && isAllowed
    ? { vary: 'Origin', 'access-control-allow-origin': '*' }
    : { vary: 'Origin' };
}

function preflightHeaders(head: HttpHead): Record<string, string> {
  const headers: Record<string, string> = {
    vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  };
  const method = header(head, 'access-control-request-method');
  if (header(head, 'origin') === '' || !['GET', 'POST', 'OPTIONS'].includes(method)) return headers;
  headers['access-control-allow-origin'] = '*';
  headers['access-control-allow-methods'] = method;
  const asked = header(head, 'access-control-request-headers');
  if (asked !== '') headers['access-control-allow-headers'] = asked;
  headers['access-control-max-age'] = '600';
  return headers;
}

function splitTarget(target: string): { path: string; query: string } {
  const local = target.replace(/^[a-z][0-9a-z+.-]*:\/\/[^/?#]*/i, '');
  const mark = local.indexOf('?');
  const path = mark < 0 ? local : local.slice(0, mark);
  return { path: escapePath(path, PATH_AS_SENT), query: mark < 0 ? '' : local.slice(mark + 1) };
}

/** Go's `cleanPath`: no empty, `.` or `..` segments, a trailing slash stays. */
function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const clean = `/${kept.join('/')}`;
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean;
}

/** What Go lets stand in a path as sent, and what it writes unescaped itself; `net/url`. */
const PATH_AS_SENT = /[^0-9A-Za-z$&+,/:;=@\-_.~!'()*[\]%]/g;
const PATH_UNESCAPED = /[^0-9A-Za-z$&+,/:;=@\-_.~]/g;

function escapePath(path: string, escaped: RegExp): string {
  return path.replace(escaped, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Go's redirect to the clean path; only GET gets a body. */
function redirect(method: string, path: string, query: string): Route {
  const location = `${escapePath(path, PATH_UNESCAPED)}${query === '' ? '' : `?${query}`}`;
  if (method !== 'GET' && method !== 'HEAD') return answer(307, { location }, '');
  const shown = location.replace(/[&<>"']/g, (c) => HTML_ESCAPES[c] ?? c);
  const headers = { location, 'content-type': 'text/html; charset=utf-8' };
  return answer(307, headers, `<a href="${shown}">Temporary Redirect</a>.\n\n`);
}

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};
