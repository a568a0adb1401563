import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, SystemClock } from '../../../src/runtime/clock.js';
import { MetricsServer } from '../../../src/telemetry/metricsServer.js';
import { PromRegistry } from '../../../src/telemetry/promRegistry.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { RawSocket } from '../../support/rawSocket.js';
import { rejection } from '../../support/until.js';

const servers: MetricsServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const noPage = async () => null;

function make(host = '127.0.0.1', port = 0, clock: Clock = new SystemClock()) {
  const log = new FakeLogger();
  const source = new PromRegistry();
  source.gauge({ name: 'up', help: 'Up', labels: [] }).set({}, 1);
  const server = new MetricsServer({ host, port }, { clock, log, source, pageFor: noPage });
  servers.push(server);
  return { server, log };
}

describe('MetricsServer', () => {
  it('serves the metrics on a free port and logs its address', async () => {
    const { server, log } = make();
    const { port } = await server.start();
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await response.text()).toContain('op_node_default_up 1');
    expect(log.lines).toEqual([
      {
        level: 'info',
        message: 'started metrics server',
        fields: { addr: `127.0.0.1:${port}` },
      },
    ]);
  });

  it('answers GET on any path, as op-node does, and nothing else', async () => {
    const { server } = make();
    const { port } = await server.start();
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    const posted = await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' });
    expect(posted.status).toBe(404);
  });

  it('shows an IPv6 address in brackets', async () => {
    const { server, log } = make('::1');
    const { port } = await server.start();
    expect(log.lines[0]?.fields).toEqual({ addr: `[::1]:${port}` });
  });

  it('fails at start with the address that cannot be bound', async () => {
    const { server } = make();
    const { port } = await server.start();
    expect(await rejection(make('127.0.0.1', port).server.start())).toMatchObject({
      code: 'TELEMETRY_BIND_FAILED',
      severity: 'critical',
      fields: { host: '127.0.0.1', port },
    });
  });

  it('keeps its time limits, and one request after the other', async () => {
    const clock = new FakeClock();
    const { server } = make('127.0.0.1', 0, clock);
    const { port } = await server.start();
    const silent = await RawSocket.open(`127.0.0.1:${port}`);
    const socket = await RawSocket.open(`127.0.0.1:${port}`);
    socket.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n');
    for (let i = 0; i < 2; i++) await socket.until('op_node_default_up 1\n');
    await clock.advance(30_000);
    expect(await silent.rest()).toBe('');
    socket.send('GET /c HTTP/1.1\r\nHost: x\r\n\r\n');
    await socket.until('op_node_default_up 1\n');
    await clock.advance(120_000);
    await socket.rest();
  });

  it('writes the metrics once for all who ask at the same time', async () => {
    let written = 0;
    const source = {
      contentType: 'text/plain',
      expose: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        written += 1;
        return 'metrics';
      },
    };
    const deps = { clock: new SystemClock(), log: new FakeLogger(), source, pageFor: noPage };
    const server = new MetricsServer({ host: '127.0.0.1', port: 0 }, deps);
    servers.push(server);
    const { port } = await server.start();
    const sockets = await Promise.all(
      Array.from({ length: 20 }, () => RawSocket.open(`127.0.0.1:${port}`)),
    );
    for (const socket of sockets) socket.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await Promise.all(sockets.map((socket) => socket.until('metrics')));
    expect(written).toBeLessThan(20);
  });

  it('answers nothing after stop', async () => {
    const { server } = make();
    const { port } = await server.start();
    await fetch(`http://127.0.0.1:${port}/metrics`);
    await server.stop();
    expect(await rejection(fetch(`http://127.0.0.1:${port}/metrics`))).toBeInstanceOf(TypeError);
  });
});
