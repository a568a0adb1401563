import type { Dispatcher } from 'undici';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import redirect from 'undici/lib/interceptor/redirect.js';
import { hasCode } from '../errors/nodeError.js';
import type { Clock } from '../runtime/clock.js';
import { yieldToEventLoop } from '../runtime/clock.js';
import type { HttpAnswer } from './readAnswer.js';
import { readAnswer } from './readAnswer.js';
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
 * Follows redirects as Go's client does, which leaves user and token behind where they lead to another origin.
 */
export class BoundedHttp {
  private readonly agent: Agent;
  private readonly dispatcher: Dispatcher;
  private readonly origin: string;
  private readonly ownPath: string;
  private readonly authorization: Readonly<Record<string, string>>;

  constructor(
    private readonly options: BoundedHttpOptions,
    private readonly deps: {
      readonly clock: Clock;
      readonly headers?: HeadersProvider | undefined;
    },
  ) {
    const url = new URL(options.url);
    this.origin = url.origin;
    this.ownPath = `${url.pathname}${url.search}`;
    this.authorization = basicAuthorization(url);
    // The caller's deadline is the only time limit: no second one inside the agent.
    this.agent = new Agent({
      connections: options.maxConnections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(options.tls !== undefined && { connect: identifiedConnector(options.tls) }),
    });
    this.dispatcher = this.agent.compose(redirect({ maxRedirections: MAX_REDIRECTIONS }));
  }

  /** @throws HttpStatusError, TRANSPORT_FAILED, TRANSPORT_TOO_LARGE, TRANSPORT_MALFORMED (no JSON) */
  async json(message: HttpMessage, signal: AbortSignal): Promise<JsonBody> {
    const bytes = await this.bytes(message, signal);
    return { value: parseJson(this.options.url, bytes), bytes: bytes.length };
  }

  /** The body as it came. @throws HttpStatusError, TRANSPORT_FAILED, TRANSPORT_TOO_LARGE */
  async bytes(message: HttpMessage, signal: AbortSignal): Promise<Buffer> {
    const { url } = this.options;
    try {
      const request = {
        origin: this.origin,
        path: message.path ?? this.ownPath,
        method: message.method,
        headers: await this.headersFor(message),
        body: message.body ?? null,
      };
      const maxBytes = (status: number) =>
        status === 200 ? message.maxBytes : MAX_ERROR_PAGE_BYTES;
      const answer = await readAnswer(this.dispatcher, request, maxBytes, signal);
      if (answer.status !== 200) throw statusError(url, answer, this.deps.clock.nowMs());
      if (answer.isTooLarge) throw transportTooLarge(url, message.maxBytes);
      // The agent frees a connection one turn after its answer; a caller that asks on at once would get a new one.
      await yieldToEventLoop();
      return answer.body;
    } catch (thrown) {
      throw wrap(url, thrown);
    }
  }

  /** Ends all connections; requests in flight fail with TRANSPORT_FAILED. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private async headersFor(message: HttpMessage): Promise<Record<string, string>> {
    return {
      accept: message.accept ?? 'application/json',
      'user-agent': USER_AGENT,
      ...(message.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...this.authorization,
      ...this.options.headers,
      ...(await this.deps.headers?.()),
    };
  }
}

/** Connects with a client certificate, which is read anew each time. */
function identifiedConnector(tls: () => TlsIdentity): buildConnector.connector {
  return (options, callback) => {
    try {
      buildConnector({ ...tls(), minVersion: 'TLSv1.3' })(options, callback);
    } catch (thrown) {
      callback(thrown instanceof Error ? thrown : new Error(String(thrown)), null);
    }
  };
}

/** Basic authorization from the user and password of a URL; none where it has none. */
function basicAuthorization(url: URL): Readonly<Record<string, string>> {
  if (url.username === '' && url.password === '') return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
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

/** Everything else that undici or the socket throws means that the endpoint was not reached or broke off. */
function wrap(url: string, thrown: unknown): unknown {
  const isOurs = hasCode(thrown, 'TRANSPORT_HTTP_STATUS', 'TRANSPORT_TOO_LARGE');
  return isOurs ? thrown : transportFailed(url, thrown);
}
