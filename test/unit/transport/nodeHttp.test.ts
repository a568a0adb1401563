import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../src/transport/httpRequest.js';
import { NodeHttp } from '../../../src/transport/nodeHttp.js';
import { RawHttpServer } from '../../support/rawHttpServer.js';
import { rejection } from '../../support/until.js';

const anySize = (): number => 1_000;

let server: RawHttpServer;
let http: NodeHttp;

beforeEach(async () => {
  server = await RawHttpServer.start();
  http = new NodeHttp({ maxIdleMs: 30_000 });
});

afterEach(async () => {
  http.close();
  await server.stop();
});

function to(path: string, headers: HttpRequest['headers'] = {}): HttpRequest {
  const origin = { isTls: false, host: '127.0.0.1', port: server.port };
  return { ...origin, method: 'GET', path, headers, body: null };
}

// What it has in common with the other way: httpWays.test.ts.
describe('NodeHttp', () => {
  it('takes no head beyond 16 KiB', async () => {
    server.answer = (socket) =>
      void socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    const error = await rejection(http.exchange(to('/'), anySize, new AbortController().signal));
    expect(error).toMatchObject({ code: 'HPE_HEADER_OVERFLOW' });
  });

  it('sends nothing of what is no path or no header, and goes on', async () => {
    const bad = [to('/a\r\nx: y'), to('/', { 'x y': 'z' }), to('/', { x: 'y\r\nz: 1' })];
    const stop = new AbortController();
    for (const request of bad) {
      expect(await rejection(http.exchange(request, anySize, stop.signal))).toBeInstanceOf(Error);
    }
    expect(server.heard).toHaveLength(0);
    const { body } = await http.exchange(to('/'), anySize, stop.signal);
    expect(body.toString()).toBe('ok');
    stop.abort();
  });
});
