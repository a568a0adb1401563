import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UpgradableRequest } from '../../../../src/rpc/ws/upgradableRequest.js';
import { makeWsMetrics } from '../../../../src/rpc/ws/wsMetrics.js';
import { WsServer } from '../../../../src/rpc/ws/wsServer.js';
import { SystemClock, yieldToEventLoop } from '../../../../src/runtime/clock.js';
import { HttpGuard } from '../../../../src/runtime/http/httpGuard.js';
import { Turns } from '../../../../src/runtime/turns.js';
import { WatchCell } from '../../../../src/runtime/watch.js';
import type { SyncStatus } from '../../../../src/types/syncStatus.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { FakeMetrics } from '../../../support/fakeMetrics.js';
import { rejection, until } from '../../../support/until.js';
import { WsClient } from '../../../support/wsClient.js';

const MAX_HELD_BYTES = 1024 * 1024;

describe('what all WebSockets together may do', () => {
  let server: Server;
  let guard: HttpGuard;
  let metrics: FakeMetrics;
  let log: FakeLogger;
  let answered: number;

  beforeEach(async () => {
    answered = 0;
    server = createServer({ IncomingMessage: UpgradableRequest });
    const clock = new SystemClock();
    const turns = new Turns();
    metrics = new FakeMetrics();
    log = new FakeLogger();
    guard = new HttpGuard(
      { maxHeldBytes: MAX_HELD_BYTES, maxConnections: 100 },
      { clock, turns, makeFront: null },
    );
    guard.attach(server);
    new WsServer(
      { maxConnections: 3, maxOfAddress: 2 },
      {
        answer: (message) => {
          answered += 1;
          return message === '' ? '' : `${message}!`;
        },
        status: new WatchCell({} as SyncStatus),
        stopped: new AbortController().signal,
        metrics: makeWsMetrics(metrics, () => undefined),
        ...{ turns, clock, log },
      },
    ).attach(server);
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  });
  afterEach(async () => {
    guard.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  function connect(localAddress: string): Promise<WsClient> {
    const { port } = server.address() as AddressInfo;
    return WsClient.open(`ws://127.0.0.1:${port}`, { localAddress });
  }

  it('is so many connections of one address, and so many in all', async () => {
    const first = await connect('127.0.0.1');
    await connect('127.0.0.1');
    expect(String(await rejection(connect('127.0.0.1')))).toContain('503');
    await connect('127.0.0.2');
    expect(String(await rejection(connect('127.0.0.2')))).toContain('503');
    expect(metrics.value('rpc_ws_refused_total', { reason: 'address' })).toBe(1);
    expect(metrics.value('rpc_ws_refused_total', { reason: 'connections' })).toBe(1);
    const warnings = log.lines.filter((line) => line.level === 'warn');
    expect(warnings).toHaveLength(1);
    first.end();
    await until(() => metrics.value('rpc_ws_connections', {}) === 2);
    const again = await connect('127.0.0.1');
    again.send('x');
    expect(await again.text()).toBe('x!');
  });

  it('is so many bytes of messages that have not come whole: who holds most is cut', async () => {
    const client = await connect('127.0.0.1');
    const other = await connect('127.0.0.2');
    client.socket.send('x'.repeat(2 * MAX_HELD_BYTES), { fin: false });
    await client.closed();
    await until(() => metrics.value('rpc_ws_cut_total', { reason: 'memory' }) === 1);
    other.send('y');
    expect(await other.text()).toBe('y!');
  });

  it('is so many parts of messages as well, however few bytes they have', async () => {
    const clients = [await connect('127.0.0.1'), await connect('127.0.0.2')];
    for (const { socket } of clients) {
      for (let i = 0; i < 5_000; i += 1) socket.send('x', { fin: false });
    }
    await Promise.race(clients.map((client) => client.closed()));
    await until(() => metrics.value('rpc_ws_cut_total', { reason: 'memory' }) === 1);
    expect(metrics.value('rpc_ws_connections', {})).toBe(1);
  });

  it('is one message a turn, also where there is nothing to answer', async () => {
    const client = await connect('127.0.0.1');
    for (let i = 0; i < 5_000; i += 1) client.send('');
    let most = 0;
    while (answered < 5_000) {
      const before = answered;
      await yieldToEventLoop();
      most = Math.max(most, answered - before);
    }
    expect(most).toBeLessThan(10);
  });
});
