import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaServerClient } from '../../../src/l1/daServerClient.js';
import { SystemClock } from '../../../src/runtime/clock.js';
import { HttpGetClient } from '../../../src/transport/httpGet.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { RpcTestServer } from '../../support/rpcTestServer.js';
import { rejection, until } from '../../support/until.js';

const NEVER = new AbortController().signal;
const INPUT = Uint8Array.of(0, 1, 2, 254, 255);
const COMMITMENT = '0x00aa';

let server: RpcTestServer;
let errors: number;
let clock: FakeClock;
let log: FakeLogger;
const clients: HttpGetClient[] = [];

beforeEach(async () => {
  errors = 0;
  clock = new FakeClock();
  log = new FakeLogger();
  server = await RpcTestServer.start(({ response }) => response.end(INPUT));
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await server.stop();
});

function connect({ maxConcurrent = 1, timeoutMs = 5000, url = server.url } = {}): DaServerClient {
  const http = new HttpGetClient(
    { url, timeoutMs, maxBytes: 100, maxConnections: maxConcurrent },
    { clock: new SystemClock(), random: () => 0 },
  );
  clients.push(http);
  const recordError = (): void => {
    errors += 1;
  };
  return new DaServerClient({ maxConcurrent }, { http, clock, recordError, log });
}

describe('DaServerClient', () => {
  it('gets the bytes of an input by its commitment, below the path of its URL', async () => {
    const client = connect({ url: `${server.url}/da/` });
    const input = await client.input(COMMITMENT, NEVER);
    expect(Uint8Array.from(input ?? [])).toEqual(INPUT);
    const request = server.exchanges[0]?.request;
    expect([request?.method, request?.url]).toEqual(['GET', '/da/get/0x00aa']);
    expect([errors, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('takes 404 for an answer: the server does not have it', async () => {
    server.handle = ({ response }) => {
      response.statusCode = 404;
      response.end('not found');
    };
    expect(await connect().input(COMMITMENT, NEVER)).toBeNull();
    expect(errors).toBe(0);
  });

  it('tells what else came, counts it, and takes an empty answer for what it is', async () => {
    const client = connect({ timeoutMs: 300 });
    server.handle = ({ response }) => {
      response.statusCode = 500;
      response.end('disk full');
    };
    expect(await rejection(client.input(COMMITMENT, NEVER))).toMatchObject({
      code: 'TRANSPORT_HTTP_STATUS',
      severity: 'temporary',
      fields: { status: 500, body: 'disk full' },
    });
    server.handle = ({ response }) => {
      response.writeHead(200, { 'content-length': '50' });
      response.write('half of it', () => response.destroy());
    };
    expect(await rejection(client.input(COMMITMENT, NEVER))).toMatchObject({
      code: 'TRANSPORT_FAILED',
    });
    server.handle = ({ response }) => response.end(new Uint8Array(101));
    expect(await rejection(client.input(COMMITMENT, NEVER))).toMatchObject({
      code: 'TRANSPORT_TOO_LARGE',
    });
    server.handle = () => undefined;
    expect(await rejection(client.input(COMMITMENT, NEVER))).toMatchObject({
      code: 'TRANSPORT_TIMEOUT',
      fields: { timeoutMs: 300 },
    });
    expect(errors).toBe(4);
    server.handle = ({ response }) => response.end();
    expect((await client.input(COMMITMENT, NEVER))?.length).toBe(0);
    const gone = connect({ url: 'http://127.0.0.1:1' });
    expect(await rejection(gone.input(COMMITMENT, NEVER))).toMatchObject({
      code: 'TRANSPORT_FAILED',
    });
  });

  it('tells of an answer that takes long, while it waits', async () => {
    server.handle = () => undefined;
    const stop = new AbortController();
    const failed = rejection(connect().input(COMMITMENT, stop.signal));
    await until(() => server.exchanges.length === 1);
    await clock.advance(9_999);
    expect(log.lines).toEqual([]);
    await clock.advance(1);
    expect(log.messages('warn')).toEqual(['The DA server takes long to answer']);
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    expect([errors, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('has no more requests under way than it may, and puts those of now before those ahead', async () => {
    const client = connect({ maxConcurrent: 2 });
    server.handle = () => undefined;
    const ahead = [1, 2, 3, 4, 5].map((n) => client.inputAhead(`0x${n}0`, () => true, NEVER));
    await until(() => server.exchanges.length === 2);
    const now = client.input('0xff', NEVER);
    const finish = (): void => {
      server.exchanges.find(({ response }) => !response.writableEnded)?.response.end(INPUT);
    };
    for (let done = 0; done < 6; done++) {
      const wanted = Math.min(6, done + 2);
      await until(() => server.exchanges.length === wanted);
      finish();
    }
    await Promise.all([...ahead, now]);
    const asked = server.exchanges.map(({ request }) => request.url);
    expect(asked.slice(0, 3)).toEqual(['/get/0x10', '/get/0x20', '/get/0xff']);
    expect(asked).toHaveLength(6);
  });

  it('asks nothing ahead while the server fails, and again once it has answered', async () => {
    const client = connect();
    const good = server.handle;
    server.handle = ({ response }) => {
      response.statusCode = 503;
      response.end();
    };
    expect(await client.inputAhead('0x10', () => true, NEVER)).toBeNull();
    expect(await client.inputAhead('0x20', () => true, NEVER)).toBeNull();
    expect(server.exchanges).toHaveLength(1);
    server.handle = good;
    expect(await client.input('0x10', NEVER)).not.toBeNull();
    expect(await client.inputAhead('0x20', () => false, NEVER)).toBeNull();
    expect(await client.inputAhead('0x20', () => true, NEVER)).not.toBeNull();
    const aborted = new AbortController();
    aborted.abort();
    expect(await rejection(client.inputAhead('0x30', () => true, aborted.signal))).toMatchObject({
      code: 'ABORTED',
    });
  });
});
