import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../../src/runtime/clock.js';
import { HttpRpcClient } from '../../../src/transport/httpRpcClient.js';
import type { RpcClientDeps, RpcClientOptions } from '../../../src/transport/rpcClientOptions.js';
import { countingSignal } from '../../support/countingSignal.js';
import { FakeClock } from '../../support/fakeClock.js';
import type { Exchange } from '../../support/rpcTestServer.js';
import { echoAnswer, RpcTestServer, sendJson } from '../../support/rpcTestServer.js';
import { rejection, until } from '../../support/until.js';

let server: RpcTestServer;
const clients: HttpRpcClient[] = [];

beforeEach(async () => {
  server = await RpcTestServer.start();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await server.stop();
});

function connect(options: Partial<RpcClientOptions> = {}, deps: Partial<RpcClientDeps> = {}) {
  const client = new HttpRpcClient(
    { url: server.url, ...options },
    { clock: new SystemClock(), random: Math.random, ...deps },
  );
  clients.push(client);
  return client;
}

describe('HttpRpcClient', () => {
  it('posts a JSON-RPC request and resolves to its result', async () => {
    const client = connect();
    expect(await client.request('eth_call', ['0x1', { a: null }])).toEqual({
      method: 'eth_call',
      params: ['0x1', { a: null }],
    });
    const [exchange] = server.exchanges;
    expect(exchange?.request.method).toBe('POST');
    expect(exchange?.request.headers['content-type']).toBe('application/json');
    expect(exchange?.body).toMatchObject({ jsonrpc: '2.0', method: 'eth_call' });
    expect(client.subscribe).toBeNull();
  });

  it('uses one connection for many requests', async () => {
    const client = connect();
    for (let i = 0; i < 25; i++) await client.request('m', [i]);
    expect(server.exchanges).toHaveLength(25);
    expect(server.connections).toBe(1);
  });

  it('opens no more connections than allowed', async () => {
    const client = connect({ maxConnections: 3 });
    await Promise.all(Array.from({ length: 30 }, (_, i) => client.request('m', [i])));
    expect(server.connections).toBeLessThanOrEqual(3);
  });

  it('never sends a request that is stopped while it waits for a connection', async () => {
    const client = connect({ maxConnections: 1 });
    let answer: () => void = () => undefined;
    server.handle = ({ response, body }) => {
      answer = () => sendJson(response, echoAnswer(body as never));
    };
    const first = client.request('first', []);
    await until(() => server.exchanges.length === 1);
    const stop = new AbortController();
    const second = rejection(client.request('second', [], { signal: stop.signal }));
    stop.abort();
    expect(await second).toMatchObject({ code: 'ABORTED' });
    answer();
    await first;
    server.handle = ({ response, body }) => sendJson(response, echoAnswer(body as never));
    await client.request('third', []);
    expect(server.exchanges.map(({ body }) => (body as { method: string }).method)).toEqual([
      'first',
      'third',
    ]);
  });

  it('keeps the path and query of the URL and sends its user as Basic authorization', async () => {
    const url = `http://us%40er:pa%3Ass@127.0.0.1:${server.port}/v3/key?a=b`;
    await connect({ url }).request('m', []);
    const request = server.exchanges[0]?.request;
    expect(request?.url).toBe('/v3/key?a=b');
    const basic = Buffer.from('us@er:pa:ss').toString('base64');
    expect(request?.headers.authorization).toBe(`Basic ${basic}`);
  });

  it('takes a password with a percent sign that escapes nothing as it is', async () => {
    await connect({ url: `http://u:1+%x%41@127.0.0.1:${server.port}` }).request('m', []);
    const basic = Buffer.from('u:1+%xA').toString('base64');
    expect(server.exchanges[0]?.request.headers.authorization).toBe(`Basic ${basic}`);
  });

  it('sends fixed headers, and those of the provider asked anew for each request', async () => {
    let asked = 0;
    const headers = async () => ({ authorization: `Bearer ${++asked}` });
    const client = connect({ headers: { 'x-extra': 'yes' } }, { headers });
    await client.request('m', []);
    await client.request('m', []);
    const seen = server.exchanges.map(({ request }) => request.headers);
    expect(seen.map((h) => h.authorization)).toEqual(['Bearer 1', 'Bearer 2']);
    expect(seen.map((h) => h['x-extra'])).toEqual(['yes', 'yes']);
  });

  it('fails when the headers cannot be made, and sends nothing', async () => {
    const client = connect({}, { headers: () => Promise.reject(new Error('no key')) });
    await expect(client.request('m', [])).rejects.toMatchObject({ code: 'TRANSPORT_FAILED' });
    expect(server.exchanges).toHaveLength(0);
  });

  it('throws the error that the endpoint answered with', async () => {
    server.handle = ({ response, body }) => {
      const { id } = body as { id: number };
      sendJson(response, {
        jsonrpc: '2.0',
        id,
        error: { code: -38002, message: 'bad', data: '0x01' },
      });
    };
    await expect(connect().request('engine_x', [])).rejects.toMatchObject({
      code: 'RPC_ERROR',
      severity: 'temporary',
      rpcCode: -38002,
      message: 'bad',
      data: '0x01',
      fields: { method: 'engine_x', rpcCode: -38002 },
    });
  });
});

describe('HttpRpcClient batches', () => {
  it('sends one request and keeps the order, errors of single calls included', async () => {
    server.handle = ({ response, body }) => {
      const answers = (body as { id: number; method: string }[]).map(({ id, method }) =>
        method === 'bad'
          ? { jsonrpc: '2.0', id, error: { code: -32000, message: 'no' } }
          : { jsonrpc: '2.0', id, result: method },
      );
      sendJson(response, answers.reverse());
    };
    const outcomes = await connect().batch(
      ['a', 'bad', 'c'].map((method) => ({ method, params: [] })),
    );
    expect(server.exchanges).toHaveLength(1);
    expect(outcomes).toMatchObject([
      { kind: 'ok', result: 'a' },
      { kind: 'error', error: { code: 'RPC_ERROR', rpcCode: -32000 } },
      { kind: 'ok', result: 'c' },
    ]);
  });

  it('keeps what came of a split batch when one part fails on transport', async () => {
    server.handle = ({ response, body }) => {
      const calls = body as { id: number; method: string; params: unknown }[];
      if (calls[0]?.method === 'bad') response.destroy();
      else sendJson(response, calls.map(echoAnswer));
    };
    const client = connect({ maxBatchSize: 1 });
    const outcomes = client.batch(['a', 'bad', 'c'].map((method) => ({ method, params: [] })));
    expect(await outcomes).toMatchObject([
      { kind: 'ok' },
      { kind: 'error', error: { code: 'TRANSPORT_FAILED' } },
      { kind: 'ok' },
    ]);
  });

  it('takes an answer that comes in many small pieces', async () => {
    server.handle = ({ response, body }) => {
      const text = JSON.stringify((body as never[]).map(echoAnswer));
      const next = (at: number): void => {
        if (at >= text.length) response.end();
        else response.write(text.slice(at, at + 7), () => setImmediate(next, at + 7));
      };
      next(0);
    };
    const outcomes = await connect().batch([{ method: 'ü', params: ['ä'] }]);
    expect(outcomes).toEqual([{ kind: 'ok', result: { method: 'ü', params: ['ä'] } }]);
  });
});

describe('a redirect', () => {
  it.each([307, 308])('with status %i is followed with the same call', async (status) => {
    server.handle = (exchange) => {
      const { request, response } = exchange;
      if (request.url === '/new') return sendJson(response, echoAnswer(exchange.body as never));
      response.writeHead(status, { location: '/new' });
      response.end();
    };
    const client = connect();
    expect(await client.request('m', [1])).toEqual({ method: 'm', params: [1] });
    expect(server.exchanges.at(-1)?.request.method).toBe('POST');
    server.exchanges.length = 0;
    await client.request('m', [2]);
    // Once it is known, it is no more asked than needed.
    expect(server.exchanges.map(({ request }) => request.url)).toEqual(['/', '/new']);
  });

  it('to another origin does not take user and token there', async () => {
    const other = await RpcTestServer.start();
    try {
      server.handle = ({ response }) => {
        response.writeHead(308, { location: `${other.url}/` });
        response.end();
      };
      const client = connect({ headers: { authorization: 'Bearer secret', 'x-key': 'k' } });
      await client.request('m', []);
      expect(server.exchanges[0]?.request.headers.authorization).toBe('Bearer secret');
      const [arrived] = other.exchanges;
      expect(arrived?.request.headers.authorization).toBeUndefined();
      expect(arrived?.request.headers['x-key']).toBe('k');
    } finally {
      await other.stop();
    }
  });
});

/** Each fault of an endpoint, with the code that it must become. */
const FAULTS: readonly [name: string, code: string, handle: (exchange: Exchange) => void][] = [
  [
    'HTTP 500',
    'TRANSPORT_HTTP_STATUS',
    ({ response }) => {
      response.statusCode = 500;
      response.end('broken');
    },
  ],
  [
    'a redirect without an end',
    'TRANSPORT_FAILED',
    ({ response }) => {
      response.writeHead(307, { location: '/' });
      response.end();
    },
  ],
  ['a hang', 'TRANSPORT_TIMEOUT', () => undefined],
  [
    'a body that stops half-way',
    'TRANSPORT_TIMEOUT',
    ({ response }) => void response.write('{"jsonrpc"'),
  ],
  ['a closed connection', 'TRANSPORT_FAILED', ({ request }) => void request.socket.destroy()],
  [
    'a connection closed inside the body',
    'TRANSPORT_FAILED',
    ({ request, response }) => {
      response.write('{"jsonrpc":"2.0",', () => request.socket.destroy());
    },
  ],
  [
    'fewer bytes than announced',
    'TRANSPORT_FAILED',
    ({ request }) => {
      request.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"jsonrpc":"2.0"}');
    },
  ],
  ['garbage', 'TRANSPORT_MALFORMED', ({ response }) => void response.end('<html>')],
  ['an empty body', 'TRANSPORT_MALFORMED', ({ response }) => void response.end()],
  [
    'truncated JSON',
    'TRANSPORT_MALFORMED',
    ({ response }) => void response.end('{"jsonrpc":"2.0","id":1,"result":{"a":'),
  ],
  ['bytes that are no HTTP', 'TRANSPORT_FAILED', ({ request }) => void request.socket.end('hello')],
  [
    'another id',
    'TRANSPORT_MALFORMED',
    ({ response }) => sendJson(response, { jsonrpc: '2.0', id: 999, result: 1 }),
  ],
  [
    'an announced body that is too large',
    'TRANSPORT_TOO_LARGE',
    ({ response }) => sendJson(response, 'x'.repeat(5000)),
  ],
  [
    'a body that turns out too large',
    'TRANSPORT_TOO_LARGE',
    ({ response }) => {
      for (let i = 0; i < 50; i++) response.write('x'.repeat(100));
    },
  ],
];

describe('HttpRpcClient on faults', () => {
  it.each(FAULTS)('maps %s to %s and works again after it', async (_name, code, handle) => {
    server.handle = handle;
    const clock = new FakeClock();
    const client = connect({ timeoutMs: 300, maxBytes: 2000 }, { clock });
    const failing = rejection(client.request('m', []));
    if (code === 'TRANSPORT_TIMEOUT') {
      await until(() => server.exchanges.length === 1);
      await clock.advance(300);
    }
    const error = await failing;
    expect(error).toMatchObject({ code, severity: 'temporary' });
    expect(error).toMatchObject({ fields: { endpoint: server.url } });
    server.handle = ({ response, body }) => sendJson(response, echoAnswer(body as never));
    expect(await client.request('m', [1])).toEqual({ method: 'm', params: [1] });
  });

  it('says which status and the beginning of what came with it', async () => {
    server.handle = ({ response }) => {
      response.statusCode = 401;
      response.end(`token is expired${'.'.repeat(1000)}`);
    };
    const error = await rejection(connect().request('m', []));
    expect(error).toMatchObject({ status: 401, fields: { status: 401 } });
    const { body } = (error as { fields: { body: string } }).fields;
    expect(body).toBe(`token is expired${'.'.repeat(184)}… (cut)`);
  });

  it('sends again what was turned away, after the time that the endpoint asks for', async () => {
    server.handle = ({ response }) => {
      response.statusCode = 429;
      response.setHeader('retry-after', '5');
      response.end('<html>slow down</html>');
      server.handle = ({ response, body }) => sendJson(response, echoAnswer(body as never));
    };
    const clock = new FakeClock();
    const answer = connect({ retries: 1 }, { clock }).request('m', [1]);
    await until(() => clock.nextTimerInMs === 5_000);
    await clock.advance(5_000);
    expect(await answer).toEqual({ method: 'm', params: [1] });
    expect(server.exchanges).toHaveLength(2);
  });

  it('reports the status alone when the error page is too large to read', async () => {
    server.handle = ({ response }) => {
      response.statusCode = 502;
      response.end('x'.repeat(100_000));
    };
    await expect(connect().request('m', [])).rejects.toMatchObject({
      status: 502,
      fields: { body: '' },
    });
  });

  it('ends the connection of a too large body instead of reading on', async () => {
    server.handle = ({ response }) => void response.write('x'.repeat(5000));
    const client = connect({ maxBytes: 100 });
    await expect(client.request('m', [])).rejects.toMatchObject({ code: 'TRANSPORT_TOO_LARGE' });
    await until(() => server.closed === 1);
  });

  it('does not read at all what is announced as too large', async () => {
    server.handle = ({ response }) => {
      response.setHeader('content-length', 10_000_000);
      response.write('x');
    };
    const client = connect({ maxBytes: 100 });
    await expect(client.request('m', [])).rejects.toMatchObject({ code: 'TRANSPORT_TOO_LARGE' });
    await until(() => server.closed === 1);
  });

  it('accepts a body of exactly the allowed size', async () => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: 'abc' });
    server.handle = ({ response }) => void response.end(text);
    expect(await connect().request('m', [], { maxBytes: text.length })).toBe('abc');
    const tight = connect().request('m', [], { maxBytes: text.length - 1 });
    await expect(tight).rejects.toMatchObject({ code: 'TRANSPORT_TOO_LARGE' });
  });

  it('fails when nobody listens', async () => {
    const client = connect();
    await server.stop();
    await expect(client.request('m', [])).rejects.toMatchObject({ code: 'TRANSPORT_FAILED' });
    server = await RpcTestServer.start();
  });

  it('lets a call have its own timeout', async () => {
    server.handle = () => undefined;
    const error = await rejection(connect().request('m', [], { timeoutMs: 20 }));
    expect(error).toMatchObject({ code: 'TRANSPORT_TIMEOUT', fields: { timeoutMs: 20 } });
  });

  it('stops at once with the callers signal and ends the connection', async () => {
    server.handle = () => undefined;
    const client = connect();
    const stop = new AbortController();
    const failed = rejection(client.request('m', [], { signal: stop.signal }));
    await until(() => server.exchanges.length === 1);
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    await until(() => server.closed === 1);
    const late = rejection(client.request('m', [], { signal: stop.signal }));
    expect(await late).toMatchObject({ code: 'ABORTED' });
    expect(server.exchanges).toHaveLength(1);
  });

  it('leaves no listener on the callers signal', async () => {
    const client = connect();
    const counting = countingSignal();
    await client.request('m', [], { signal: counting.signal });
    await client.batch([{ method: 'm', params: [] }], { signal: counting.signal });
    server.handle = ({ response }) => void response.end('garbage');
    await rejection(client.request('m', [], { signal: counting.signal }));
    expect(counting.added()).toBeGreaterThan(0);
    expect(counting.listeners()).toBe(0);
  });

  it('never shows user, password, query or API key of the URL in an error', async () => {
    const key = 'abcdef0123456789abcdef0123456789';
    server.handle = ({ response }) => void response.end('garbage');
    const url = `http://user:secret@127.0.0.1:${server.port}/v3/${key}?token=secret`;
    const error = await rejection(connect({ url }).request('m', []));
    expect(error).toMatchObject({
      fields: { endpoint: `http://127.0.0.1:${server.port}/v3/***?***` },
    });
    expect(JSON.stringify(error)).not.toMatch(/secret|abcdef/);
  });

  it('fails calls in flight and later ones after close', async () => {
    server.handle = () => undefined;
    const client = connect();
    const failed = rejection(client.request('m', []));
    await until(() => server.exchanges.length === 1);
    await client.close();
    expect(await failed).toMatchObject({ code: 'TRANSPORT_FAILED' });
    const later = rejection(client.request('m', []));
    expect(await later).toMatchObject({ code: 'TRANSPORT_FAILED' });
  });
});
