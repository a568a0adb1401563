import querystring from 'node:querystring';
import { hasCode } from '../errors/nodeError.js';
import type { Clock } from '../runtime/clock.js';
import { Semaphore } from '../runtime/semaphore.js';
import type { HttpAnswer } from './httpAnswer.js';
import {
  type HttpOrigin,
  type HttpRequest,
  isSameOrigin,
  ledElsewhere,
  originOf,
} from './httpRequest.js';
import { type HttpWay, StaleConnection } from './httpWay.js';
import { KeptHttp } from './keptHttp.js';
import { NodeHttp } from './nodeHttp.js';
import { isPlainHeader, isPlainTarget } from './requestText.js';
import { retryAfterMs } from './retryAfter.js';
import type { HeadersProvider, TlsIdentity } from './rpcClientOptions.js';
import {
  HttpStatusError,
  transportFailed,
  transportMalformed,
  transportTooLarge,
} from './transportErrors.js';

/** Kept below the idle limit of common proxies (60 s), so that we close an idle connection before they do. */
const KEEP_ALIVE_MS = 30_000;
/** How much of an error page is read at all. */
const MAX_ERROR_PAGE_BYTES = 16 * 1024;
/** As many as Go's client follows. */
const MAX_REDIRECTIONS = 10;
/** Some public gateways refuse requests that name no agent. */
const USER_AGENT = 'slipstream';

export interface BoundedHttpOptions {
  /** http or https; its path and query are used for every request that names no path. */
  readonly url: string;
  readonly maxConnections: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Asked for each connection. */
  readonly tls?: (() => TlsIdentity) | undefined;
}

export interface HttpMessage {
  readonly method: 'GET' | 'POST';
  /** Path and query; default those of the URL. */
  readonly path?: string;
  readonly body?: string;
  /** Media type of the answer; default JSON. */
  readonly accept?: string;
  readonly maxBytes: number;
}

/** A body that was parsed as JSON, and its length. */
export interface JsonBody {
  readonly value: unknown;
  readonly bytes: number;
}

/**
 * JSON, or bytes, over HTTP with kept connections. Reads never more than allowed: a larger answer ends its connection at once.
 * Plain HTTP has a short way of its own, TLS and other servers are Node.js' client's. Follows redirects as Go's client does, which leaves user and token behind where they lead to another origin.
 */
export class BoundedHttp {
  private readonly http: HttpWay;
  /** To the server of the URL alone; null where that is reached by TLS. */
  private readonly kept: HttpWay | null;
  private readonly connections: Semaphore;
  private readonly origin: HttpOrigin;
  private readonly ownPath: string;
  private readonly fixed: Readonly<Record<string, string>>;

  constructor(
    private readonly options: BoundedHttpOptions,
    private readonly deps: {
      readonly clock: Clock;
      readonly headers?: HeadersProvider | undefined;
    },
  ) {
    const url = new URL(options.url);
    this.origin = originOf(url);
    const maxIdleMs = KEEP_ALIVE_MS;
    this.connections = new Semaphore(options.maxConnections);
    this.http = new NodeHttp({ maxIdleMs, tls: options.tls });
    this.kept = this.origin.isTls ? null : new KeptHttp({ maxIdleMs, address: this.origin }, deps);
    this.ownPath = `${url.pathname}${url.search}`;
    const own = lowerCased(options.headers);
    this.fixed = { 'user-agent': USER_AGENT, ...basicAuthorization(url), ...own };
  }

  /** @throws HttpStatusError, TRANSPORT_FAILED, TRANSPORT_TOO_LARGE, TRANSPORT_MALFORMED (no JSON) */
  async json(message: HttpMessage, signal: AbortSignal): Promise<JsonBody> {
    const bytes = await this.bytes(message, signal);
    return { value: this.parsed(bytes), bytes: bytes.length };
  }

  /** A body as JSON. @throws TRANSPORT_MALFORMED (no JSON) */
  parsed(bytes: Buffer): unknown {
    return parseJson(this.options.url, bytes);
  }

  /** The body as it came. @throws HttpStatusError, TRANSPORT_FAILED, TRANSPORT_TOO_LARGE */
  async bytes(message: HttpMessage, signal: AbortSignal): Promise<Buffer> {
    const { url } = this.options;
    try {
      const answer = await this.inTurn(message, signal);
      if (answer.status !== 200) throw statusError(url, answer, this.deps.clock.nowMs());
      if (answer.isTooLarge) throw transportTooLarge(url, message.maxBytes);
      return answer.body;
    } catch (thrown) {
      throw wrap(url, thrown);
    }
  }

  /** Ends all connections; requests in flight fail with TRANSPORT_FAILED. */
  async close(): Promise<void> {
    this.kept?.close();
    this.http.close();
  }

  /** Headers are made when its turn has come: tokens in them get old. */
  private async inTurn(message: HttpMessage, signal: AbortSignal): Promise<HttpAnswer> {
    const free = await this.connections.acquire(signal);
    try {
      const request = {
        ...this.origin,
        method: message.method,
        path: message.path ?? this.ownPath,
        headers: await this.headersFor(message),
        body: message.body ?? null,
      };
      const maxBytes = (status: number) =>
        status === 200 ? message.maxBytes : MAX_ERROR_PAGE_BYTES;
      return await this.exchange(request, maxBytes, signal);
    } finally {
      free();
    }
  }

  private async exchange(
    request: HttpRequest,
    maxBytes: (status: number) => number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    let asked = request;
    for (let redirections = 0; ; redirections++) {
      const answer = await this.ask(asked, maxBytes, signal);
      const next = ledElsewhere(asked, answer);
      if (next === null) return answer;
      if (redirections === MAX_REDIRECTIONS) throw new Error('redirected too often');
      asked = next;
    }
  }

  /**
   * Sends a request again, once and over a new connection, where a kept one ended before it was answered: whatever this node
   * asks may be asked twice. The other connections are as old, and not trusted either; nor are they after a time limit.
   */
  private async ask(
    request: HttpRequest,
    maxBytes: (status: number) => number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const isShort = this.kept !== null && isSameOrigin(request, this.origin) && isPlain(request);
    const way = isShort ? this.kept : this.http;
    try {
      return await way.exchange(request, maxBytes, signal);
    } catch (thrown) {
      const isStale = thrown instanceof StaleConnection;
      if (isStale || hasCode(signal.reason, 'TRANSPORT_TIMEOUT')) way.leaveIdle();
      if (!isStale) throw thrown;
      return way.exchange(request, maxBytes, signal);
    }
  }

  private async headersFor(message: HttpMessage): Promise<Record<string, string>> {
    return {
      accept: message.accept ?? 'application/json',
      ...(message.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...this.fixed,
      ...(this.deps.headers === undefined ? {} : await this.deps.headers()),
    };
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** What is not is Node.js' to refuse. */
function isPlain({ path, headers }: HttpRequest): boolean {
  return isPlainTarget(path) && Object.entries(headers).every(isPlainHeader);
}

/** Basic authorization from the user and password of a URL, taken as they are where they are no escaped text; none where it has none. */
function basicAuthorization(url: URL): Readonly<Record<string, string>> {
  if (url.username === '' && url.password === '') return {};
  const pair = `${querystring.unescape(url.username)}:${querystring.unescape(url.password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function statusError(
  url: string,
  { status, headers, body, isTooLarge }: HttpAnswer,
  nowMs: number,
): HttpStatusError {
  const page = isTooLarge ? '' : body.toString('utf8');
  return new HttpStatusError(url, status, page, retryAfterMs(headers['retry-after'], nowMs));
}

function parseJson(url: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw transportMalformed(url, 'not JSON', cause);
  }
}

/** Everything else that is thrown means that the endpoint was not reached or broke off. */
function wrap(url: string, thrown: unknown): unknown {
  const isOurs = hasCode(thrown, 'TRANSPORT_HTTP_STATUS', 'TRANSPORT_TOO_LARGE');
  return isOurs ? thrown : transportFailed(url, thrown);
}
