import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LOOK_EVERY_MS } from '../../../../src/rpc/ws/wsConnection.js';
import { makeWsMetrics } from '../../../../src/rpc/ws/wsMetrics.js';
import type { Clock } from '../../../../src/runtime/clock.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeMetrics } from '../../../support/fakeMetrics.js';
import { RawSocket } from '../../../support/rawSocket.js';
import { type RunningServer, startServer } from '../../../support/rpcServer.js';
import { until } from '../../../support/until.js';
import { WsClient } from '../../../support/wsClient.js';

const running: RunningServer[] = [];
const clients: WsClient[] = [];
let metrics = new FakeMetrics();
/** Events so far. */
let sent = 0;

async function server(clock?: Clock): Promise<RunningServer> {
  metrics = new FakeMetrics();
  sent = 0;
  const ws = makeWsMetrics(metrics, () => {
    sent += 1;
  });
  const started = await startServer({ deps: { ws, ...(clock !== undefined && { clock }) } });
  running.push(started);
  return started;
}

async function connect(to: RunningServer, path = ''): Promise<WsClient> {
  const client = await WsClient.open(`${to.url}${path}`);
  clients.push(client);
  return client;
}

function move(to: RunningServer, number: bigint): void {
  const status = to.status.get();
  const safeL2 = { ...status.safeL2, number };
  to.status.set({ ...status, safeL2 });
}

const HANDSHAKE = [
  'GET / HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

async function raw(to: RunningServer, more: readonly string[] = []): Promise<RawSocket> {
  const socket = await RawSocket.open(to.addr);
  socket.send(`${[...HANDSHAKE, ...more].join('\r\n')}\r\n\r\n`);
  return socket;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await Promise.all(running.splice(0).map((one) => one.server.stop()));
});

describe('the RPC server without WebSockets', () => {
  it('takes a request for one as the plain request that op-node takes it for', async () => {
    const plain = await startServer();
    running.push(plain);
    const socket = await raw(plain);
    const head = await socket.until('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toMatch(/content-length: 0\r\n/i);
    socket.destroy();
  });
});

describe('a WebSocket of the RPC server', () => {
  it.each(['', '/', '/ws', '/ws/', '/ws?x=1'])('is opened at %j', async (path) => {
    const client = await connect(await server(), path);
    expect(await client.call('optimism_version')).toMatchObject({ result: 'v0.0.0-dev' });
  });

  it('answers every kind of message as the HTTP side does', async () => {
    const to = await server();
    const client = await connect(to);
    const bodies = [
      '{"jsonrpc":"2.0","id":1,"method":"optimism_syncStatus"}',
      '{"jsonrpc":"2.0","id":1.50,"method":"optimism_outputAtBlock","params":["0x1"]}',
      '{"jsonrpc":"2.0","id":"é","method":"optimism_nothing"}',
      '[{"jsonrpc":"2.0","id":1,"method":"optimism_version"},{"jsonrpc":"2.0","id":2}]',
      '[]',
      '{',
    ];
    for (const body of bodies) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(to.url, { method: 'POST', headers, body });
      client.send(body);
      expect(await client.text()).toBe(await answer.text());
    }
  });

  it('has a refusal of other paths, methods and versions, and no compression', async () => {
    const to = await server();
    const other = await RawSocket.open(to.addr);
    other.send(`${HANDSHAKE.join('\r\n').replace('GET /', 'GET /other')}\r\n\r\n`);
    expect(await other.until('\r\n')).toBe('HTTP/1.1 404 Not Found\r\n');
    const old = await RawSocket.open(to.addr);
    old.send(`${HANDSHAKE.join('\r\n').replace('Version: 13', 'Version: 7')}\r\n\r\n`);
    expect(await old.until('\r\n')).toBe('HTTP/1.1 400 Bad Request\r\n');
    const packed = await raw(to, ['Sec-WebSocket-Extensions: permessage-deflate']);
    const head = await packed.until('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 101/);
    expect(head).not.toMatch(/permessage-deflate/);
    // A compressed frame, where none was agreed to.
    packed.send('\xc1\x80\x00\x00\x00\x00');
    await packed.rest();
    for (const socket of [other, old]) socket.destroy();
  });

  it('leaves other upgrades the plain requests that they are', async () => {
    const to = await server();
    const socket = await RawSocket.open(to.addr);
    const body = '{"jsonrpc":"2.0","id":1,"method":"optimism_version"}';
    const head = [
      'POST / HTTP/1.1',
      'Host: x',
      'Connection: Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ];
    for (let i = 0; i < 2; i += 1) {
      socket.send(`${head.join('\r\n')}\r\n\r\n${body}`);
      expect(await socket.until('\n')).toBe('HTTP/1.1 200 OK\r\n');
      await socket.until('"v0.0.0-dev"}\n');
    }
    socket.destroy();
  });

  it('may be asked for on a connection that had plain requests, with its first message behind', async () => {
    const to = await server();
    const socket = await RawSocket.open(to.addr);
    socket.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await socket.until('\r\n\r\n');
    const body = '{"jsonrpc":"2.0","id":1,"method":"optimism_version"}';
    socket.send(
      `${HANDSHAKE.join('\r\n')}\r\n\r\n\x81${String.fromCharCode(0x80 + body.length)}\x00\x00\x00\x00${body}`,
    );
    await socket.until('\r\n\r\n');
    await socket.until('"v0.0.0-dev"}\n');
    socket.destroy();
  });

  it('that its peer breaks off was not cut by us', async () => {
    const client = await connect(await server());
    (Reflect.get(client.socket, '_socket') as Socket).resetAndDestroy();
    await until(() => metrics.value('rpc_ws_connections', {}) === 0);
    for (const reason of ['memory', 'slow', 'silent', 'protocol']) {
      expect(metrics.value('rpc_ws_cut_total', { reason })).toBeUndefined();
    }
  });

  it('ends with the server, and says so', async () => {
    const to = await server();
    const client = await connect(to);
    await to.server.stop();
    expect(await client.closed()).toBe(1001);
  });
});

describe('a subscription', () => {
  it('tells the whole status at once and at each change', async () => {
    const to = await server();
    const client = await connect(to);
    expect(await client.call('optimism_subscribe', 'syncStatus')).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: '0x1',
    });
    const first = await client.next();
    const status = await (await connect(to)).call('optimism_syncStatus');
    expect(first).toEqual({
      jsonrpc: '2.0',
      method: 'optimism_subscription',
      params: { subscription: '0x1', result: (status as { result: unknown }).result },
    });
    move(to, 77n);
    expect(await client.next()).toMatchObject({ params: { result: { safe_l2: { number: 77 } } } });
  });

  it('tells one head alone, when that has changed', async () => {
    const to = await server();
    const client = await connect(to);
    await client.call('optimism_subscribe', 'safeHead');
    expect(await client.next()).toMatchObject({ params: { subscription: '0x1' } });
    await client.call('optimism_subscribe', 'finalizedHead');
    await client.next();
    await client.call('optimism_subscribe', 'unsafeHead');
    await client.next();
    move(to, 78n);
    expect(await client.next()).toMatchObject({
      params: { subscription: '0x1', result: { number: 78 } },
    });
    expect(await client.call('optimism_version')).toMatchObject({ id: 1 });
    expect(client.pending).toBe(0);
  });

  it('is told of what came behind its answer, in a batch as well', async () => {
    const to = await server();
    const client = await connect(to);
    const subscribe = { jsonrpc: '2.0', method: 'optimism_subscribe', params: ['safeHead'] };
    client.send([
      { ...subscribe, id: 1 },
      { jsonrpc: '2.0', id: 2, method: 'optimism_outputAtBlock', params: ['0x2'] },
    ]);
    expect(await client.next()).toMatchObject([{ id: 1, result: '0x1' }, { id: 2 }]);
    expect(await client.next()).toMatchObject({ params: { subscription: '0x1' } });
  });

  it('ends when it is asked to', async () => {
    const to = await server();
    const client = await connect(to);
    await client.call('optimism_subscribe', 'safeHead');
    await client.next();
    expect(await client.call('optimism_unsubscribe', '0x1')).toMatchObject({ result: true });
    expect(await client.call('optimism_unsubscribe', '0x1')).toMatchObject({
      error: { code: -32000, message: 'subscription not found' },
    });
    expect(metrics.value('rpc_ws_subscriptions', {})).toBe(0);
    move(to, 79n);
    await client.call('optimism_version');
    expect(client.pending).toBe(0);
  });

  it.each([
    ['unsafe_head', 'unsafeL2'],
    ['safe_head', 'safeL2'],
    ['finalized_head', 'finalizedL2'],
  ] as const)('has the name that kona-node gives %s, with its wire shapes', async (name, head) => {
    const to = await server();
    const client = await connect(to);
    expect(await client.call(`ws_subscribe_${name}`)).toMatchObject({ result: 1 });
    const status = to.status.get();
    to.status.set({ ...status, [head]: { ...status[head], number: 80n } });
    expect(await client.next()).toMatchObject({
      jsonrpc: '2.0',
      method: `ws_subscribe_${name}`,
      params: { subscription: 1, result: { number: 80, hash: status[head].hash } },
    });
    expect(await client.call(`ws_unsubscribe_${name}`, 1)).toMatchObject({ result: true });
    expect(await client.call(`ws_unsubscribe_${name}`, 1)).toMatchObject({ result: false });
    expect(await client.call(`ws_unsubscribe_${name}`, 'x')).toMatchObject({ result: false });
  });

  it('is refused for what there is none of, and beyond the sixteenth of a connection', async () => {
    const client = await connect(await server());
    expect(await client.call('optimism_subscribe', 'nothing')).toMatchObject({
      error: { code: -32601, message: expect.stringContaining('no "nothing" subscription') },
    });
    expect(await client.call('optimism_subscribe')).toMatchObject({ error: { code: -32602 } });
    for (let i = 1; i <= 16; i += 1) {
      expect(await client.call('ws_subscribe_safe_head')).toMatchObject({ result: i });
    }
    for (let i = 0; i < 100; i += 1) {
      expect(await client.call('ws_subscribe_safe_head')).toMatchObject({
        error: { message: 'too many subscriptions on this connection, the limit is 16' },
      });
    }
    expect(metrics.value('rpc_ws_subscriptions', {})).toBe(16);
    client.end();
    await until(() => metrics.value('rpc_ws_subscriptions', {}) === 0);
  });

  it('is not to be had over HTTP', async () => {
    const to = await server();
    const body = '{"jsonrpc":"2.0","id":1,"method":"optimism_subscribe","params":["syncStatus"]}';
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(to.url, { method: 'POST', headers, body });
    expect(await answer.json()).toMatchObject({ error: { code: -32601 } });
  });

  it('is told the newest of many changes, not each of them', async () => {
    const clock = new FakeClock();
    const to = await server(clock);
    const client = await connect(to);
    await client.call('optimism_subscribe', 'safeHead');
    await client.next();
    move(to, 1_000n);
    expect(await client.next()).toMatchObject({ params: { result: { number: 1_000 } } });
    for (let number = 1_001n; number <= 1_500n; number += 1n) move(to, number);
    await clock.advance(10);
    expect(await client.next()).toMatchObject({ params: { result: { number: 1_500 } } });
    await client.call('optimism_version');
    expect(client.pending).toBe(0);
  });
});

describe('a hostile WebSocket', () => {
  const PART = '\x00\x80\x00\x00\x00\x00';

  /** Has eight subscriptions, and reads nothing until the kernels' buffers are full and it is behind. */
  async function behind(to: RunningServer, clock: FakeClock): Promise<WsClient> {
    const client = await connect(to);
    for (let i = 1; i <= 8; i += 1) {
      await client.call('optimism_subscribe', 'syncStatus');
      await client.next();
    }
    client.socket.pause();
    let sentBefore = -1;
    for (let number = 1n; sent > sentBefore; number += 1n) {
      sentBefore = sent;
      move(to, number);
      await clock.advance(10);
    }
    return client;
  }

  it('that does not read has the newest when it reads, and nothing of what was between', async () => {
    const clock = new FakeClock();
    const to = await server(clock);
    const client = await behind(to, clock);
    const sentThen = sent;
    for (let number = 50_000n; number <= 50_100n; number += 1n) {
      move(to, number);
      await clock.advance(10);
    }
    expect(sent).toBe(sentThen);
    client.socket.resume();
    let last = '';
    while (!last.includes('"number":50100')) last = await client.text();
    for (let i = 2; i <= 8; i += 1) expect(await client.text()).toContain('"number":50100');
    expect(sent).toBe(sentThen + 8);
  });

  it('that reads nothing from one look to the next is cut', async () => {
    const clock = new FakeClock();
    const to = await server(clock);
    await behind(to, clock);
    await clock.advance(2 * LOOK_EVERY_MS);
    await until(() => metrics.value('rpc_ws_connections', {}) === 0);
    expect(metrics.value('rpc_ws_subscriptions', {})).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that says nothing, not even to a ping, is cut', async () => {
    const clock = new FakeClock();
    const to = await server(clock);
    const socket = await raw(to);
    await socket.until('\r\n\r\n');
    await clock.advance(LOOK_EVERY_MS);
    await socket.until('\x89\x00');
    await clock.advance(LOOK_EVERY_MS);
    await socket.rest();
    expect(metrics.value('rpc_ws_cut_total', { reason: 'silent' })).toBe(1);
    expect(metrics.value('rpc_ws_connections', {})).toBe(0);
  });

  it('that answers pings stays', async () => {
    const clock = new FakeClock();
    const to = await server(clock);
    const client = await connect(to);
    for (let i = 0; i < 3; i += 1) {
      const pinged = new Promise((resolve) => client.socket.once('ping', resolve));
      await clock.advance(LOOK_EVERY_MS);
      await pinged;
      await client.call('optimism_version');
    }
    expect(client.isOpen).toBe(true);
  });

  it.each([
    ['an unmasked frame', '\x81\x02{}', 1002],
    [
      'a frame of more bytes than a body may have',
      '\x81\xff\x00\x00\x00\x00\x00\x50\x00\x01',
      1009,
    ],
    ['a frame of more bytes than numbers are exact for', `\x81\xff${'\xff'.repeat(8)}`, 1009],
    ['text that is not UTF-8', '\x81\x82\x00\x00\x00\x00\xff\xff', 1007],
    ['a reserved opcode', '\x83\x80\x00\x00\x00\x00', 1002],
    ['a part of no message', '\x80\x80\x00\x00\x00\x00', 1002],
    ['more parts than a message may have', `\x01\x80\x00\x00\x00\x00${PART.repeat(6_144)}`, 1008],
    ['a long ping', `\x89\xfe\x00\x7e${'\x00'.repeat(4)}`, 1002],
  ])('that sends %s is told so and ended', async (_, frame, code) => {
    const to = await server();
    const socket = await raw(to);
    await socket.until('\r\n\r\n');
    socket.send(frame);
    const rest = await socket.rest();
    expect(rest.charCodeAt(0)).toBe(0x88);
    expect((rest.charCodeAt(2) << 8) | rest.charCodeAt(3)).toBe(code);
    await until(() => metrics.value('rpc_ws_cut_total', { reason: 'protocol' }) === 1);
  });

  it('that floods pings has an answer to the newest of them', async () => {
    const to = await server();
    const socket = await raw(to);
    await socket.until('\r\n\r\n');
    const ping = (text: string) => `\x89\x84\x00\x00\x00\x00${text}`;
    socket.send(`${ping('many').repeat(2_000)}${ping('last')}`);
    const pongs = await socket.until('\x8a\x04last');
    expect(pongs.length).toBeLessThan(100 * '\x8a\x04many'.length);
    socket.destroy();
  });

  it('that floods messages holds up nobody else, and is answered', async () => {
    const to = await server();
    const socket = await raw(to);
    await socket.until('\r\n\r\n');
    const body = '{"jsonrpc":"2.0","id":1,"method":"optimism_version"}';
    const frame = `\x81${String.fromCharCode(0x80 + body.length)}\x00\x00\x00\x00${body}`;
    socket.send(frame.repeat(5_000));
    const other = await connect(to);
    expect(await other.call('optimism_version')).toMatchObject({ result: 'v0.0.0-dev' });
    for (let i = 0; i < 5_000; i += 1) await socket.until('"v0.0.0-dev"}\n');
    socket.destroy();
  });
});
