import { parseHttpTime } from '../runtime/clock.js';
import { originOf } from './httpRequest.js';
import { NodeHttp } from './nodeHttp.js';
import type { RpcCallOptions } from './ports.js';

/** An answer to HEAD has no body. */
const NO_BODY = 0;

/**
 * What time an HTTP server has, in Unix milliseconds at whole seconds: the `Date` of its answer, whatever it answers.
 * Nothing of the URL but its origin is sent.
 * @param url http, https, ws or wss.
 * @returns null where it does not say, or does not answer HTTP.
 */
export async function serverTime(
  url: string,
  { signal }: Required<Pick<RpcCallOptions, 'signal'>>,
): Promise<number | null> {
  const origin = originOf(new URL(url.replace(/^ws/, 'http')));
  const http = new NodeHttp({ maxIdleMs: 0 });
  try {
    const request = { ...origin, method: 'HEAD', path: '/', headers: {}, body: null } as const;
    const { headers } = await http.exchange(request, () => NO_BODY, signal);
    return typeof headers.date === 'string' ? parseHttpTime(headers.date) : null;
  } catch {
    return null;
  } finally {
    http.close();
  }
}
