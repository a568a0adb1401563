import { request } from 'node:http';
import type { GoldenLine, GoldenResponse } from './recorded.js';

const TIMEOUT_MS = 15_000;
const WITHOUT_LENGTH = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Sends a recorded request as it was sent, on an own connection. A broken connection is status 0. Never throws. */
export function replay(url: string, http: GoldenLine['http']): Promise<GoldenResponse> {
  const method = http.method ?? 'POST';
  const body = Buffer.from(expand(http.body ?? ''));
  const headers = {
    ...http.headers,
    ...(!WITHOUT_LENGTH.has(method) && { 'content-length': String(body.length) }),
  };
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const broken = (error: NodeJS.ErrnoException) =>
      resolve({ status: 0, contentType: null, body: `! ${error.code ?? error.message}` });
    const options = { hostname, port, path: http.path ?? '/', method, headers };
    const call = request({ ...options, agent: false, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', broken);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? null,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    call.on('timeout', () => call.destroy(new Error('timeout')));
    call.on('error', broken);
    call.end(body.length > 0 ? body : undefined);
  });
}

/** `@repeat:CHAR:N` becomes CHAR repeated N times; other bodies stay. */
function expand(body: string): string {
  const found = /^@repeat:(.):(\d+)$/s.exec(body);
  return found ? (found[1] ?? '').repeat(Number(found[2])) : body;
}
