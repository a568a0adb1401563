import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { SystemClock } from '../../../src/runtime/clock.js';
import type { RpcClientDeps, RpcClientOptions } from '../../../src/transport/rpcClientOptions.js';
import { WsRpcClient } from '../../../src/transport/wsRpcClient.js';
import { countingSignal } from '../../support/countingSignal.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection, until } from '../../support/until.js';
import { WsTestServer, wsEcho } from '../../support/wsTestServer.js';

let server: WsTestServer;
const clients: WsRpcClient[] = [];
const RECONNECT = { initialMs: 10, maxMs: 40, factor: 2, jitter: 0 };

beforeEach(async () => {
  server = await WsTestServer.start();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await server.stop();
});

function connect(options: Partial<RpcClientOptions> = {}, deps: Partial<RpcClientDeps> = {}) {
  const client = new WsRpcClient(
    { url: server.url, reconnect: RECONNECT, ...options },
    { clock: new SystemClock(), random: () => 0, ...deps },
  );
  clients.push(client);
  return client;
}

const idOf = (message: unknown): number => (message as { id: number }).id;
const reply = (socket: WebSocket, message: unknown, rest: object) =>
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: idOf(message), ...rest }));
const event = (subscription: string, result: unknown) =>
  JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription, result } });

describe('WsRpcClient', () => {
  it('answers many calls over one connection, each with its own result', async () => {
    const client = connect();
    const calls = Array.from({ length: 50 }, (_, i) => client.request('m', [i]));
    expect(await Promise.all(calls)).toEqual(
      Array.from({ length: 50 }, (_, i) => ({ method: 'm', params: [i] })),
    );
    expect(server.upgrades).toHaveLength(1);
  });

  it('matches answers by id when they come in another order', async () => {
    const held: (() => void)[] = [];
    server.handle = (socket, message) => held.unshift(() => wsEcho(socket, message));
    const client = connect();
    const calls = [client.request('a', []), client.request('b', []), client.request('c', [])];
    await until(() => held.length === 3);
    for (const answer of held) answer();
    expect(await Promise.all(calls)).toMatchObject([
      { method: 'a' },
      { method: 'b' },
      { method: 'c' },
    ]);
  });

  it('sends headers, Basic authorization and the path with the connection', async () => {
    const client = connect(
      { url: `ws://us:pw@127.0.0.1:${server.port}/path?x=1`, headers: { 'x-extra': 'yes' } },
      { headers: async () => ({ 'x-token': 'fresh' }) },
    );
    await client.request('m', []);
    const upgrade = server.upgrades[0];
    expect(upgrade?.url).toBe('/path?x=1');
    expect(upgrade?.headers).toMatchObject({
      'x-extra': 'yes',
      'x-token': 'fresh',
      authorization: `Basic ${Buffer.from('us:pw').toString('base64')}`,
    });
  });

  it('asks the provider for headers again with each new connection', async () => {
    let asked = 0;
    const headers = async () => ({ authorization: `Bearer ${++asked}` });
    const client = connect({}, { headers });
    await client.request('m', []);
    await client.request('m', []);
    server.breakAll();
    await until(() => server.sockets.length === 0);
    await rejection(client.request('m', []));
    await client.request('m', []);
    const seen = server.upgrades.map((upgrade) => upgrade.headers.authorization);
    expect(seen).toEqual(['Bearer 1', 'Bearer 2']);
  });

  it('sends a batch as one message and keeps its order', async () => {
    server.handle = (socket, message) => {
      const calls = message as { id: number; method: string }[];
      const answers = calls.map(({ id, method }) =>
        method === 'bad'
          ? { jsonrpc: '2.0', id, error: { code: -32000, message: 'no' } }
          : { jsonrpc: '2.0', id, result: method },
      );
      socket.send(JSON.stringify(answers.reverse()));
    };
    const outcomes = await connect().batch([
      { method: 'a', params: [] },
      { method: 'bad', params: [] },
      { method: 'c', params: [] },
    ]);
    expect(server.messages).toHaveLength(1);
    expect(outcomes).toMatchObject([
      { kind: 'ok', result: 'a' },
      { kind: 'error', error: { rpcCode: -32000, message: 'no' } },
      { kind: 'ok', result: 'c' },
    ]);
  });

  it('fails calls in flight when the connection breaks, and opens a new one for the next', async () => {
    server.handle = () => undefined;
    const client = connect();
    const failed = [rejection(client.request('a', [])), rejection(client.batch([BATCH]))];
    await until(() => server.messages.length === 2);
    server.breakAll();
    for (const error of await Promise.all(failed)) {
      expect(error).toMatchObject({ code: 'TRANSPORT_FAILED', severity: 'temporary' });
    }
    server.handle = wsEcho;
    expect(await client.request('b', [])).toMatchObject({ method: 'b' });
    expect(server.upgrades).toHaveLength(2);
  });

  it('fails while nobody listens and works when the endpoint is back', async () => {
    const client = connect();
    await client.request('m', []);
    const { port } = server;
    await server.stop();
    await rejection(client.request('m', []));
    expect(await rejection(client.request('m', []))).toMatchObject({ code: 'TRANSPORT_FAILED' });
    server = await WsTestServer.start(wsEcho, port);
    let last: unknown = null;
    while (!(last instanceof Object && 'method' in last)) last = await client.request('m', []);
    expect(last).toMatchObject({ method: 'm' });
  });

  it('waits longer before each attempt to open, and calls wait within their own deadline', async () => {
    const clock = new FakeClock();
    const client = connect({ url: 'ws://127.0.0.1:1', timeoutMs: 30 }, { clock });
    const first = await rejection(client.request('m', []));
    expect(first).toMatchObject({ code: 'TRANSPORT_FAILED' });
    const second = rejection(client.request('m', []));
    await clock.flush();
    expect(clock.nextTimerInMs).toBe(10);
    await clock.advance(10);
    expect(await second).toMatchObject({ code: 'TRANSPORT_FAILED' });
    const third = rejection(client.request('m', [], { timeoutMs: 5 }));
    await clock.advance(5);
    expect(await third).toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    expect(clock.nextTimerInMs).toBe(15);
  });

  it('begins with the shortest wait again after an endpoint has answered', async () => {
    const clock = new FakeClock();
    const client = connect({}, { clock });
    const { port } = server;
    await server.stop();
    for (let i = 0; i < 3; i++) {
      const failed = rejection(client.request('m', []));
      await clock.advance(40);
      expect(await failed).toMatchObject({ code: 'TRANSPORT_FAILED' });
    }
    server = await WsTestServer.start(wsEcho, port);
    const answered = client.request('m', []);
    await clock.advance(40);
    await answered;
    server.breakAll();
    await until(() => server.sockets.length === 0);
    await clock.flush();
    const after = client.request('m', []);
    await clock.flush();
    expect(clock.nextTimerInMs).toBe(10);
    await clock.advance(10);
    await after;
  });

  it('reports the status of an endpoint that refuses the upgrade', async () => {
    const http = createServer();
    http.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n');
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const error = await rejection(connect({ url }).request('m', []));
    expect(error).toMatchObject({ code: 'TRANSPORT_HTTP_STATUS', status: 401 });
    await new Promise((resolve) => http.close(resolve));
  });

  it('gives up an attempt to open that gets no answer', async () => {
    const http = createServer();
    let isEnded = false;
    http.on('upgrade', (_request, socket) => {
      socket.resume();
      socket.on('end', () => socket.end());
      socket.on('error', () => undefined);
      socket.on('close', () => {
        isEnded = true;
      });
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const client = connect({ url, timeoutMs: 50 });
    expect(await rejection(client.request('m', []))).toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    await until(() => isEnded);
    await new Promise((resolve) => http.close(resolve));
  });

  it('throws the error that the endpoint answered with', async () => {
    server.handle = (socket, message) =>
      reply(socket, message, { error: { code: -32601, message: 'no such method' } });
    expect(await rejection(connect().request('m', []))).toMatchObject({
      code: 'RPC_ERROR',
      rpcCode: -32601,
    });
  });

  it.each<[string, string, (socket: WebSocket, message: unknown) => void]>([
    ['garbage', 'TRANSPORT_MALFORMED', (socket) => socket.send('<html>')],
    ['binary garbage', 'TRANSPORT_MALFORMED', (socket) => socket.send(Buffer.from([0, 1, 2]))],
    ['a JSON scalar', 'TRANSPORT_MALFORMED', (socket) => socket.send('7')],
    [
      'an id never asked for',
      'TRANSPORT_MALFORMED',
      (socket) => socket.send('{"jsonrpc":"2.0","id":999,"result":1}'),
    ],
    [
      'an error without an id',
      'TRANSPORT_MALFORMED',
      (socket) => socket.send('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}'),
    ],
    ['no result', 'TRANSPORT_MALFORMED', (socket, message) => reply(socket, message, {})],
    ['a hang', 'TRANSPORT_TIMEOUT', () => undefined],
    ['an orderly close', 'TRANSPORT_FAILED', (socket) => socket.close(1001)],
    ['a torn connection', 'TRANSPORT_FAILED', (socket) => socket.terminate()],
    [
      'a message above the clients limit',
      'TRANSPORT_TOO_LARGE',
      (socket, message) => reply(socket, message, { result: 'x'.repeat(5000) }),
    ],
  ])('maps %s to %s and works again after it', async (_name, code, handle) => {
    server.handle = handle;
    const client = connect({ timeoutMs: 300, maxBytes: 2000 });
    const error = await rejection(client.request('m', []));
    expect(error).toMatchObject({ code, severity: 'temporary' });
    server.handle = wsEcho;
    expect(await client.request('m', [1])).toEqual({ method: 'm', params: [1] });
  });

  it('holds the limit of one call without giving up the connection', async () => {
    const client = connect();
    const big = client.request('m', ['x'.repeat(500)], { maxBytes: 100 });
    expect(await rejection(big)).toMatchObject({ code: 'TRANSPORT_TOO_LARGE' });
    await client.request('m', []);
    expect(server.upgrades).toHaveLength(1);
  });

  it('ends the connection for a message larger than any that is awaited, unparsed', async () => {
    const client = connect();
    await client.request('m', []);
    const parse = vi.spyOn(JSON, 'parse');
    server.sockets[0]?.send(`"${'x'.repeat(100_000)}"`);
    await until(() => server.sockets.length === 0);
    expect(parse.mock.calls.filter(([text]) => text.length > 50_000)).toEqual([]);
    parse.mockRestore();
    expect(await client.request('m', [])).toMatchObject({ method: 'm' });
    expect(server.upgrades).toHaveLength(2);
  });

  it('ends the connection before such a message is there whole, pings between its parts', async () => {
    const client = connect();
    await client.request('m', []);
    const [socket] = server.sockets;
    for (let part = 0; part < 10; part++) {
      socket?.send('x'.repeat(50_000), { fin: false });
      socket?.ping('p');
    }
    await until(() => server.sockets.length === 0);
  });

  it('takes a message of any size that is awaited, late or not', async () => {
    let late: () => void = () => undefined;
    server.handle = (socket, message) => {
      late = () => reply(socket, message, { result: 'x'.repeat(300_000) });
    };
    const client = connect();
    const stop = new AbortController();
    const failed = rejection(client.request('a', [], { signal: stop.signal }));
    await until(() => server.messages.length === 1);
    stop.abort();
    await failed;
    late();
    server.handle = (socket, message) => reply(socket, message, { result: 'y'.repeat(400_000) });
    expect(await client.request('b', [])).toHaveLength(400_000);
    expect(server.upgrades).toHaveLength(1);
  });

  it.each<[string, (socket: WebSocket) => void]>([
    ['events', (socket) => socket.send(event('0xnone', 1))],
    ['pings', (socket) => socket.ping()],
  ])('ends the connection for a flood of %s', async (_, send) => {
    const clock = new FakeClock();
    const client = connect({}, { clock });
    await client.request('m', []);
    const [socket] = server.sockets;
    const sendSome = async (count: number) => {
      for (let i = 0; i < count && socket !== undefined; i++) send(socket);
      await client.request('m', []);
    };
    for (let second = 0; second < 3; second++) {
      for (let part = 0; part < 20; part++) await sendSome(50);
      await clock.advance(1_000);
    }
    for (let part = 0; part < 20; part++) await sendSome(50);
    await expect(sendSome(1)).rejects.toMatchObject({ code: 'TRANSPORT_MALFORMED' });
    await until(() => server.sockets.length === 0);
    expect(server.upgrades).toHaveLength(1);
  });

  it('ignores an answer that comes after its caller gave up', async () => {
    let late: () => void = () => undefined;
    server.handle = (socket, message) => {
      late = () => wsEcho(socket, message);
    };
    const client = connect();
    const stop = new AbortController();
    const failed = rejection(client.request('a', [], { signal: stop.signal }));
    await until(() => server.messages.length === 1);
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    late();
    server.handle = wsEcho;
    expect(await client.request('b', [])).toMatchObject({ method: 'b' });
    expect(server.upgrades).toHaveLength(1);
  });

  it('leaves no listener on the callers signal', async () => {
    const counting = countingSignal();
    await connect().request('m', [], { signal: counting.signal });
    expect(counting.added()).toBeGreaterThan(0);
    expect(counting.listeners()).toBe(0);
  });

  it('ends a connection that gives no sign of life', async () => {
    const clock = new FakeClock();
    const client = connect({}, { clock });
    await client.request('m', []);
    for (const socket of server.sockets) socket.pause();
    await clock.advance(30_000);
    const failed = rejection(client.request('m', [], { timeoutMs: 60_000 }));
    await clock.advance(30_000);
    expect(await failed).toMatchObject({ code: 'TRANSPORT_FAILED' });
  });

  it('keeps a silent connection whose peer answers pings', async () => {
    const clock = new FakeClock();
    const client = connect({}, { clock });
    await client.request('m', []);
    for (let i = 0; i < 4; i++) {
      const pinged = new Promise((resolve) => server.sockets[0]?.once('ping', resolve));
      await clock.advance(30_000);
      await pinged;
      // The pong is in the loopback socket by now: a few turns of the event loop read it.
      for (let turn = 0; turn < 20; turn++) await clock.flush();
    }
    await client.request('m', []);
    expect(server.upgrades).toHaveLength(1);
  });

  it('fails calls in flight and all later ones after close, and opens nothing', async () => {
    server.handle = () => undefined;
    const client = connect();
    const failed = rejection(client.request('a', []));
    await until(() => server.messages.length === 1);
    await client.close();
    expect(await failed).toMatchObject({ code: 'TRANSPORT_FAILED' });
    expect(await rejection(client.request('b', []))).toMatchObject({ code: 'TRANSPORT_FAILED' });
    expect(server.upgrades).toHaveLength(1);
  });
});

const BATCH = { method: 'x', params: [] };

describe('WsRpcClient subscriptions', () => {
  const subscribing = (first: readonly unknown[]) => (socket: WebSocket, message: unknown) => {
    const { method } = message as { method: string };
    if (method !== 'eth_subscribe') return wsEcho(socket, message);
    reply(socket, message, { result: '0xs' });
    for (const result of first) socket.send(event('0xs', result));
  };

  it('delivers every event, also those right behind the answer', async () => {
    server.handle = subscribing([1, 2]);
    const events: unknown[] = [];
    const client = connect();
    await client.subscribe(
      ['newHeads'],
      (result) => events.push(result),
      () => undefined,
    );
    expect(server.messages[0]).toMatchObject({ method: 'eth_subscribe', params: ['newHeads'] });
    server.sockets[0]?.send(event('0xs', 3));
    await until(() => events.length === 3);
    expect(events).toEqual([1, 2, 3]);
  });

  it('subscribes and unsubscribes in another namespace, and counts its events by their name', async () => {
    const notified: string[] = [];
    server.handle = (socket, message) => {
      const { id, method } = message as { id: number; method: string };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: '0x1' }));
      if (method !== 'optimism_subscribe') return;
      const params = { subscription: '0x1', result: 'status' };
      socket.send(JSON.stringify({ jsonrpc: '2.0', method: 'optimism_subscription', params }));
    };
    const recorder = {
      start: () => () => undefined,
      notification: (method: string) => void notified.push(method),
    };
    const client = connect({}, { recorder });
    const events: unknown[] = [];
    const { unsubscribe } = await client.subscribe(
      ['syncStatus'],
      (result) => events.push(result),
      () => undefined,
      'optimism',
    );
    await until(() => events.length === 1);
    expect(notified).toEqual(['optimism_subscription']);
    await unsubscribe();
    expect(server.messages).toMatchObject([
      { method: 'optimism_subscribe', params: ['syncStatus'] },
      { method: 'optimism_unsubscribe', params: ['0x1'] },
    ]);
  });

  it('tells the subscriber once when the connection breaks', async () => {
    server.handle = subscribing([]);
    const lost: unknown[] = [];
    await connect().subscribe(
      ['newHeads'],
      () => undefined,
      (error) => lost.push(error),
    );
    server.breakAll();
    await until(() => lost.length > 0);
    expect(lost).toMatchObject([{ code: 'TRANSPORT_FAILED', severity: 'temporary' }]);
  });

  it('stops the events after unsubscribe', async () => {
    server.handle = subscribing([]);
    const events: unknown[] = [];
    const lost: unknown[] = [];
    const client = connect();
    const subscription = await client.subscribe(
      [],
      (result) => events.push(result),
      (error) => lost.push(error),
    );
    await subscription.unsubscribe();
    expect(server.messages.at(-1)).toMatchObject({ method: 'eth_unsubscribe', params: ['0xs'] });
    server.sockets[0]?.send(event('0xs', 1));
    await client.request('m', []);
    server.breakAll();
    await until(() => server.sockets.length === 0);
    expect([events, lost]).toEqual([[], []]);
  });

  it('unsubscribes without a call when the connection is gone', async () => {
    server.handle = subscribing([]);
    let isLost = false;
    const subscription = await connect().subscribe(
      [],
      () => undefined,
      () => {
        isLost = true;
      },
    );
    server.breakAll();
    await until(() => isLost);
    await subscription.unsubscribe();
    expect(server.messages).toHaveLength(1);
  });

  it('refuses a subscription id as long as none is', async () => {
    server.handle = (socket, message) => reply(socket, message, { result: 's'.repeat(257) });
    const none = () => undefined;
    expect(await rejection(connect().subscribe([], none, none))).toMatchObject({
      code: 'TRANSPORT_MALFORMED',
    });
  });

  it('refuses a subscription id that is no string', async () => {
    const subscribed = connect().subscribe(
      [],
      () => undefined,
      () => undefined,
    );
    expect(await rejection(subscribed)).toMatchObject({ code: 'TRANSPORT_MALFORMED' });
  });

  it('records every event for the metrics', async () => {
    server.handle = subscribing([1]);
    const seen: string[] = [];
    const recorder = { start: () => () => undefined, notification: (m: string) => seen.push(m) };
    await connect({}, { recorder }).subscribe(
      [],
      () => undefined,
      () => undefined,
    );
    await until(() => seen.length > 0);
    server.sockets[0]?.send(event('0xs', 2).replace('eth_subscription', 'made_up'));
    await until(() => seen.length > 1);
    expect(seen).toEqual(['eth_subscription', 'other']);
  });
});
