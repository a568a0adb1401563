import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../src/runtime/clock.js';
import type { HttpGetDeps, HttpGetOptions } from '../../../src/transport/httpGet.js';
import { HttpGetClient } from '../../../src/transport/httpGet.js';
import { RpcTestServer, sendJson } from '../../support/rpcTestServer.js';
import { rejection, until } from '../../support/until.js';

let server: RpcTestServer;
const clients: HttpGetClient[] = [];

beforeEach(async () => {
  server = await RpcTestServer.start(({ response }) => sendJson(response, { data: 1 }));
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await server.stop();
});

function connect(options: Partial<HttpGetOptions> = {}, deps: Partial<HttpGetDeps> = {}) {
  const client = new HttpGetClient(
    { url: server.url, timeoutMs: 5000, maxBytes: 10_000, ...options },
    { clock: new SystemClock(), random: () => 0, ...deps },
  );
  clients.push(client);
  return client;
}

describe('HttpGetClient', () => {
  it('gets JSON by path and query, below the path of its URL', async () => {
    const client = connect({ url: `${server.url}/base/` });
    expect(await client.getJson('/eth/v1/x?a=b')).toEqual({ data: 1 });
    const request = server.exchanges[0]?.request;
    expect([request?.method, request?.url]).toEqual(['GET', '/base/eth/v1/x?a=b']);
    expect(request?.headers.accept).toBe('application/json');
  });

  it('gets bytes as they came, whatever they are', async () => {
    const bytes = Uint8Array.of(0, 255, 123);
    server.handle = ({ response }) => response.end(bytes);
    expect(Uint8Array.from(await connect().getBytes('/get/0x00'))).toEqual(bytes);
    expect(server.exchanges[0]?.request.headers.accept).toBe('application/octet-stream, */*');
    expect(await rejection(connect().getJson('/'))).toMatchObject({ code: 'TRANSPORT_MALFORMED' });
    const tooLarge = connect({ maxBytes: 2 }).getBytes('/');
    expect(await rejection(tooLarge)).toMatchObject({ code: 'TRANSPORT_TOO_LARGE' });
  });

  it('sends fixed headers and those of the provider', async () => {
    const client = connect(
      { headers: { 'x-key': 'k' } },
      { headers: async () => ({ 'x-fresh': 'f' }) },
    );
    await client.getJson('/');
    expect(server.exchanges[0]?.request.headers).toMatchObject({ 'x-key': 'k', 'x-fresh': 'f' });
  });

  it('uses one connection for many requests', async () => {
    const client = connect();
    for (let i = 0; i < 10; i++) await client.getJson('/');
    expect(server.connections).toBe(1);
  });

  it('tells the status of an answer that is not 200', async () => {
    server.handle = ({ response }) => {
      response.statusCode = 404;
      response.end('{"code":404,"message":"not found"}');
    };
    expect(await rejection(connect().getJson('/x'))).toMatchObject({
      code: 'TRANSPORT_HTTP_STATUS',
      status: 404,
      fields: { body: '{"code":404,"message":"not found"}' },
    });
  });

  it('holds the limits of time and size, also those of one call', async () => {
    server.handle = ({ response }) => sendJson(response, 'x'.repeat(200));
    const client = connect({ maxBytes: 100 });
    expect(await rejection(client.getJson('/'))).toMatchObject({ code: 'TRANSPORT_TOO_LARGE' });
    expect(await client.getJson('/', { maxBytes: 1000 })).toHaveLength(200);
    server.handle = () => undefined;
    const slow = rejection(client.getJson('/', { timeoutMs: 20 }));
    expect(await slow).toMatchObject({ code: 'TRANSPORT_TIMEOUT', fields: { timeoutMs: 20 } });
    const stop = new AbortController();
    const stopped = rejection(client.getJson('/', { signal: stop.signal }));
    stop.abort();
    expect(await stopped).toMatchObject({ code: 'ABORTED' });
  });

  it('refuses what is not JSON', async () => {
    server.handle = ({ response }) => void response.end('<html>');
    expect(await rejection(connect().getJson('/'))).toMatchObject({ code: 'TRANSPORT_MALFORMED' });
  });

  it('fails requests in flight when it is closed', async () => {
    server.handle = () => undefined;
    const client = connect();
    const failed = rejection(client.getJson('/'));
    await until(() => server.exchanges.length === 1);
    await client.close();
    expect(await failed).toMatchObject({ code: 'TRANSPORT_FAILED' });
  });
});
