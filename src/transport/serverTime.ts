import { request } from 'undici';
import { parseHttpTime } from '../runtime/clock.js';
import type { RpcCallOptions } from './ports.js';

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
  const origin = new URL('/', url.replace(/^ws/, 'http'));
  origin.username = '';
  origin.password = '';
  try {
    const options = { method: 'HEAD', signal, reset: true } as const;
    const { headers, body } = await request(origin, options);
    await body.dump();
    return typeof headers.date === 'string' ? parseHttpTime(headers.date) : null;
  } catch {
    return null;
  }
}
