import type { HttpAnswer } from './httpAnswer.js';

/** A request with where it goes. */
export interface HttpRequest {
  readonly isTls: boolean;
  /** Name or IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly method: 'GET' | 'POST' | 'HEAD';
  /** Path and query. */
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Where requests to a URL of http or https go. */
export type HttpOrigin = Pick<HttpRequest, 'isTls' | 'host' | 'port'>;

/** Redirects that keep method and body; the others ask with GET. */
const SAME_AGAIN: readonly number[] = [307, 308];
const BY_GET: readonly number[] = [301, 302, 303];

/** Headers of a body, which is not sent again, and what another origin must not see. */
const OF_BODY: readonly string[] = ['content-type'];
const OF_ORIGIN: readonly string[] = ['authorization', 'cookie'];

export function originOf(url: URL): HttpOrigin {
  const isTls = url.protocol === 'https:';
  // An IPv6 address stands in brackets in a URL only.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { isTls, host, port: Number(url.port || (isTls ? 443 : 80)) };
}

/**
 * The request that a redirect asks for, as Go's client makes it: user and token stay behind where it leads to another origin.
 * @returns null where the answer is no redirect. @throws Error where it leads to what is no place of HTTP.
 */
export function ledElsewhere(request: HttpRequest, answer: HttpAnswer): HttpRequest | null {
  const { location } = answer.headers;
  const isSame = SAME_AGAIN.includes(answer.status);
  if (!(isSame || BY_GET.includes(answer.status)) || typeof location !== 'string') return null;
  const url = new URL(location, urlOf(request));
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`redirected to ${url.protocol}`);
  }
  const origin = originOf(url);
  const dropped = [...(isSame ? [] : OF_BODY), ...(isSameOrigin(origin, request) ? [] : OF_ORIGIN)];
  const kept = Object.entries(request.headers).filter(([name]) => !dropped.includes(name));
  return {
    ...origin,
    method: isSame || request.method === 'HEAD' ? request.method : 'GET',
    path: `${url.pathname}${url.search}`,
    headers: Object.fromEntries(kept),
    body: isSame ? request.body : null,
  };
}

/** The value of the header `host`. */
export function hostOf({ isTls, host, port }: HttpOrigin): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return port === (isTls ? 443 : 80) ? shown : `${shown}:${port}`;
}

function urlOf(request: HttpRequest): string {
  return `${request.isTls ? 'https' : 'http'}://${hostOf(request)}${request.path}`;
}

export function isSameOrigin(a: HttpOrigin, b: HttpOrigin): boolean {
  return a.isTls === b.isTls && a.host === b.host && a.port === b.port;
}
