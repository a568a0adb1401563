import { gunzipSync } from 'node:zlib';
import supertest from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import type { RpcL2Port } from '../../../../src/rpc/ports.js';
import type { SyncStatus } from '../../../../src/types/syncStatus.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { httpPost, RawSocket } from '../../../support/rawSocket.js';
import {
  type RunningServer,
  recordedWorld,
  type ServerSetup,
  startServer,
} from '../../../support/rpcServer.js';

const world = recordedWorld('forks');
const MODULES = '{"admin":"1.0","health":"1.0","optimism":"1.0","rpc":"1.0","superroot":"1.0"}';

const request = (method: string, params: unknown = [], id: unknown = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const modules = (id: number): string => `{"jsonrpc":"2.0","id":${id},"result":${MODULES}}\n`;

describe('RpcServer', () => {
  const running: RunningServer[] = [];
  const sockets: RawSocket[] = [];

  async function start(setup: ServerSetup = {}): Promise<RunningServer> {
    const server = await startServer({ world, ...setup });
    running.push(server);
    return server;
  }

  async function connect(addr: string): Promise<RawSocket> {
    const socket = await RawSocket.open(addr);
    sockets.push(socket);
    return socket;
  }

  const call = async (url: string, method: string, params: unknown = []): Promise<unknown> => {
    const response = await supertest(url)
      .post('/')
      .set('content-type', 'application/json')
      .send(request(method, params));
    const { result, error } = response.body as { result?: unknown; error?: unknown };
    return error ?? result;
  };

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(running.splice(0).map(({ server }) => server.stop()));
  });

  describe('listening', () => {
    it('binds a free port for port 0 and says which', async () => {
      const { addr, log } = await start();
      expect(addr).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
      expect(log.find('Started JSON-RPC server')).toMatchObject([
        { level: 'info', fields: { addr } },
      ]);
    });

    it('fails by name when the address is taken', async () => {
      const { addr } = await start();
      const port = Number(addr.split(':')[1]);
      await expect(start({ options: { port } })).rejects.toMatchObject({
        code: 'RPC_LISTEN_FAILED',
        severity: 'critical',
        fields: { addr },
      });
    });

    it('answers the health check', async () => {
      const { url } = await start();
      await supertest(url).get('/healthz').expect(200, '{"version":"v0.0.0"}\n');
    });

    it('says whether it is ready, and what is missing', async () => {
      const missing: string[] = [];
      const { url } = await start({ deps: { readiness: { missing: () => missing } } });
      const ready = await supertest(url).get('/readyz').expect(200);
      expect(ready.headers['content-type']).toBe('application/json');
      expect(ready.text).toBe('{"ready":true,"missing":[]}\n');
      missing.push('the L1 head is not known yet');
      await supertest(url)
        .get('/readyz')
        .expect(503, '{"ready":false,"missing":["the L1 head is not known yet"]}\n');
    });
  });

  describe('methods', () => {
    it('does not know the admin namespace unless it is enabled', async () => {
      const { url } = await start({ options: { enableAdmin: false } });
      expect(await call(url, 'rpc_modules')).toEqual({
        health: '1.0',
        optimism: '1.0',
        rpc: '1.0',
        superroot: '1.0',
      });
      expect(await call(url, 'admin_sequencerActive')).toMatchObject({ code: -32601 });
    });

    it.each(['opp2p_self', 'opstack_openBlockV1'])('does not have %s yet', async (method) => {
      const { url } = await start();
      expect(await call(url, method)).toEqual({
        code: -32601,
        message: `the method ${method} does not exist/is not available`,
      });
    });

    it('answers the dependency set where there is one', async () => {
      const { url } = await start({ options: { dependencySetJson: '{"dependencies":{}}' } });
      expect(await call(url, 'optimism_dependencySet')).toEqual({ dependencies: {} });
    });

    it('hands a payload with the right hash to the engine and answers null', async () => {
      const { url, payloads } = await start();
      const executionPayload = { blockHash: `0x${'00'.repeat(32)}`, blockNumber: '0x7' };
      const refused = await call(url, 'admin_postUnsafePayload', [{ executionPayload }]);
      const { message } = refused as { message: string };
      const blockHash = message.slice(message.lastIndexOf('0x'));
      expect(payloads).toEqual([]);
      const good = { executionPayload: { ...executionPayload, blockHash } };
      expect(await call(url, 'admin_postUnsafePayload', [good])).toBeNull();
      expect(payloads).toMatchObject([{ executionPayload: { blockNumber: 7n, blockHash } }]);
    });

    it.each([[[]], [[null]], [[{}]]])(
      'calls a missing payload an argument fault: %j',
      async (params) => {
        const { url, payloads } = await start();
        expect(await call(url, 'admin_postUnsafePayload', params)).toEqual({
          code: -32602,
          message: 'invalid argument 0: missing execution payload',
        });
        expect(payloads).toEqual([]);
      },
    );

    it("sets the log level by each of op-node's spellings", async () => {
      const { url, levels } = await start();
      for (const level of [
        'TRACE',
        'trce',
        'Debug',
        'dbug',
        'info',
        'warn',
        'eror',
        'error',
        'crit',
      ]) {
        expect(await call(url, 'admin_setLogLevel', [level])).toBeNull();
      }
      expect(levels).toEqual([
        'trace',
        'trace',
        'debug',
        'debug',
        'info',
        'warn',
        'error',
        'error',
        'crit',
      ]);
      expect(await call(url, 'admin_setLogLevel', ['CONSTRUCTOR'])).toEqual({
        code: -32000,
        message: 'unknown level: constructor',
      });
    });

    it('answers a changed status at once', async () => {
      const { url, status } = await start();
      const before = (await call(url, 'optimism_syncStatus')) as { unsafe_l2: { number: number } };
      const { unsafeL2 } = status.get();
      status.set({ ...status.get(), unsafeL2: { ...unsafeL2, number: unsafeL2.number + 1n } });
      const after = (await call(url, 'optimism_syncStatus')) as { unsafe_l2: { number: number } };
      expect(after.unsafe_l2.number).toBe(before.unsafe_l2.number + 1);
    });
  });

  describe('HTTP', () => {
    it('refuses more than 5 MiB with one line, also when it was not asked to close', async () => {
      const { url, addr } = await start();
      const text = 'content length too large (5242881>5242880)\n';
      await supertest(url)
        .post('/')
        .set('content-type', 'application/json')
        .send(' '.repeat(5_242_881))
        .expect(413, text);
      const socket = await connect(addr);
      socket.send(httpPost(' '.repeat(5_242_881)));
      expect(await socket.until(text)).toMatch(/^HTTP\/1\.1 413 Request Entity Too Large\r\n/);
      socket.send(httpPost(request('rpc_modules')));
      expect(await socket.until(modules(1))).toMatch(/^HTTP\/1\.1 200 /);
    });

    it('cuts a longer body of unknown length at 5 MiB', async () => {
      const { addr } = await start();
      const chunked = (body: string): string =>
        `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      const cut = await connect(addr);
      cut.send(chunked(`"${'x'.repeat(5_300_000)}"`));
      expect(await cut.until('}')).toMatch(/connection: close.*"parse error"/is);
      const whole = await connect(addr);
      whole.send(chunked(request('rpc_modules') + ' '.repeat(5_300_000)));
      await whole.until(modules(1));
    });

    it('compresses for those who ask, and nothing else changes', async () => {
      const { url } = await start();
      const post = (encoding: string) =>
        supertest(url)
          .post('/')
          .set('content-type', 'application/json')
          .set('accept-encoding', encoding)
          .buffer()
          .parse((res, done) => {
            const chunks: Buffer[] = [];
            res.on('data', (chunk: Buffer) => chunks.push(chunk));
            res.on('end', () => done(null, Buffer.concat(chunks)));
          })
          .send(request('optimism_syncStatus'));
      const [plain, packed] = [await post('identity'), await post('deflate, gzip')];
      expect(packed.headers['content-encoding']).toBe('gzip');
      expect(plain.headers['content-encoding']).toBeUndefined();
      const raw = packed.body as Buffer;
      const isPacked = raw[0] === 0x1f;
      expect((isPacked ? gunzipSync(raw) : raw).toString()).toBe((plain.body as Buffer).toString());
    });

    it('asks for a body that waits to be asked for only where it reads it', async () => {
      const { addr } = await start();
      const body = request('rpc_modules');
      const head = (target: string, expects: string) =>
        `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: ${expects}\r\nContent-Length: ${body.length}\r\n\r\n`;
      const read = await connect(addr);
      read.send(head('/', '100-Continue'));
      expect(await read.until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
      read.send(body);
      expect(await read.until(modules(1))).toMatch(/^HTTP\/1\.1 200 /);
      for (const [sent, status] of [
        [head('/nowhere', '100-continue'), '404 Not Found'],
        [head('/', 'other'), '417 Expectation Failed'],
      ] as const) {
        const socket = await connect(addr);
        socket.send(sent + (status.startsWith('417') ? body : ''));
        const answer = await socket.rest();
        expect(answer.split('\r\n')[0]).toBe(`HTTP/1.1 ${status}`);
        expect(answer).toMatch(/connection: close/i);
      }
    });

    it('asks for a body behind an answer that is under way only when that is out', async () => {
      const { addr } = await start();
      const body = request('rpc_modules');
      const socket = await connect(addr);
      socket.send(
        'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n' +
          'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n' +
          `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      const answers = (await socket.rest()).split(/(?=HTTP\/1\.1 )/);
      expect(answers.map((answer) => answer.split('\r\n')[0])).toEqual([
        'HTTP/1.1 415 Unsupported Media Type',
        'HTTP/1.1 100 Continue',
        'HTTP/1.1 200 OK',
      ]);
      expect(answers[2]?.endsWith(`\r\n\r\n${modules(1)}`)).toBe(true);
    });

    it.each(['PRI / HTTP/1.1\r\nHost: x', 'PRI //'])('takes %j for no request', async (head) => {
      const { addr } = await start();
      const socket = await connect(addr);
      socket.send(`${head}\r\nContent-Length: 2\r\n\r\n[]`);
      const answer = await socket.rest();
      expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*connection: close/is);
      expect(answer).toMatch(/\r\n\r\n400 Bad Request$/);
    });

    it('says in the status line why Go refuses a request', async () => {
      const { addr } = await start();
      const socket = await connect(addr);
      socket.send('POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n');
      expect(await socket.rest()).toMatch(
        /^HTTP\/1\.1 400 Bad Request: missing required Host header\r\n/,
      );
    });

    it('does not wait for a body that it would not read to its end', async () => {
      const { addr } = await start();
      const socket = await connect(addr);
      socket.send('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n');
      expect(await socket.rest()).toMatch(
        /^HTTP\/1\.1 405 .*connection: close.*method not allowed/is,
      );
    });

    it('answers what is no HTTP with a 400 and closes', async () => {
      const { addr } = await start();
      const socket = await connect(addr);
      socket.send('hello\r\n\r\n');
      expect(await socket.rest()).toMatch(
        /^HTTP\/1\.1 400 Bad Request\r\n.*\r\n\r\n400 Bad Request$/s,
      );
    });
  });

  describe('a kept connection', () => {
    it('is answered request by request, byte for byte as through the HTTP server', async () => {
      const { addr } = await start();
      const socket = await connect(addr);
      for (const id of [1, 2, 30]) {
        socket.send(httpPost(request('rpc_modules', [], id)));
        const answer = await socket.until(modules(id));
        const head = answer.slice(0, answer.indexOf('\r\n\r\n'));
        expect(head.split('\r\n')).toEqual([
          'HTTP/1.1 200 OK',
          'Content-Type: application/json',
          'Vary: Origin',
          expect.stringMatching(/^Date: \w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/),
          `Content-Length: ${modules(id).length}`,
        ]);
      }
    });

    it('goes on when a request is anything but plain', async () => {
      const { addr } = await start();
      const socket = await connect(addr);
      socket.send(httpPost(request('rpc_modules')));
      await socket.until(modules(1));
      socket.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      await socket.until('{"version":"v0.0.0"}\n');
      socket.send(httpPost(request('rpc_modules', [], 2), 'Origin: http://a.b'));
      expect(await socket.until(modules(2))).toMatch(/access-control-allow-origin: \*/i);
      socket.send(httpPost(request('rpc_modules', [], 3), 'Connection: close'));
      expect(await socket.rest()).toContain(modules(3));
    });

    it('may get its request in pieces', async () => {
      const { addr } = await start();
      for (const cut of [5, 40, 90, 120]) {
        const socket = await connect(addr);
        const bytes = httpPost(request('rpc_modules'));
        socket.send(bytes.slice(0, cut));
        await new Promise((resolve) => setImmediate(resolve));
        socket.send(bytes.slice(cut));
        await socket.until(modules(1));
      }
    });

    it('may get several requests at once, answered in order', async () => {
      const { addr } = await start();
      const socket = await connect(addr);
      const calls = [1, 2, 3].map((id) => httpPost(request('rpc_modules', [], id)));
      socket.send(calls.join(''));
      for (const id of [1, 2, 3]) await socket.until(modules(id));
    });

    it('keeps the order when a request comes while another is being computed', async () => {
      const gate = gatedL2();
      const { addr } = await start({ deps: { l2: gate.l2 } });
      const socket = await connect(addr);
      socket.send(httpPost(request('optimism_outputAtBlock', ['0x81'])));
      await gate.asked;
      socket.send(httpPost(request('rpc_modules', [], 2)));
      socket.send(httpPost(request('rpc_modules', [], 3)));
      gate.open();
      const answers = await socket.until(modules(3));
      const order = ['not found', '"id":2', '"id":3'].map((part) => answers.indexOf(part));
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(order[0]).toBeGreaterThan(0);
    });

    it('that ends its side gets the answer under way, then closes', async () => {
      const gate = gatedL2();
      const { addr } = await start({ deps: { l2: gate.l2 } });
      const socket = await connect(addr);
      socket.send(httpPost(request('optimism_outputAtBlock', ['0x81'])));
      await gate.asked;
      socket.end();
      gate.open();
      expect(await socket.rest()).toContain('not found');
    });
  });

  describe('stopping', () => {
    it('closes idle connections at once, those of both ways', async () => {
      // Its time stands still: what waits for any would never stop.
      const { addr, server, log } = await start({ deps: { clock: new FakeClock() } });
      const fast = await connect(addr);
      fast.send(httpPost(request('rpc_modules')));
      await fast.until(modules(1));
      const slow = await connect(addr);
      slow.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      await slow.until('{"version":"v0.0.0"}\n');
      const silent = await connect(addr);
      await server.stop();
      for (const socket of [fast, slow, silent]) expect(await socket.rest()).toBe('');
      expect(log.messages()).toContain('Stopped JSON-RPC server');
    });

    it('gives an answer under way its time', async () => {
      const gate = gatedL2();
      const { addr, server } = await start({ deps: { l2: gate.l2 } });
      const socket = await connect(addr);
      socket.send(httpPost(request('optimism_outputAtBlock', ['0x81'])));
      await gate.asked;
      const stopped = server.stop();
      gate.open();
      expect(await socket.rest()).toContain('not found');
      await stopped;
    });

    it('cuts an answer that never comes after half a second', async () => {
      const gate = gatedL2();
      const clock = new FakeClock();
      const { addr, server, log } = await start({ deps: { l2: gate.l2, clock } });
      const socket = await connect(addr);
      socket.send(httpPost(request('optimism_outputAtBlock', ['0x81'])));
      await gate.asked;
      const stopped = server.stop();
      await clock.advance(499);
      expect(log.messages()).not.toContain('Stopped JSON-RPC server');
      await clock.advance(1);
      await stopped;
      await socket.rest();
    });
  });

  it('tells nothing of a bug but that there was one', async () => {
    const broken = {
      get: (): SyncStatus => {
        throw new TypeError('secret');
      },
      changed: async (): Promise<SyncStatus> => {
        throw new TypeError('secret');
      },
    };
    const { url, log } = await start({ deps: { status: broken } });
    const response = await supertest(url)
      .post('/')
      .set('content-type', 'application/json')
      .send(request('optimism_syncStatus'));
    expect(response.text).toBe(
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"method handler crashed"}}\n',
    );
    expect(log.find('RPC method crashed')).toHaveLength(1);
  });
});

/** An execution layer that answers "not found" only when told to. */
function gatedL2(): { l2: RpcL2Port; asked: Promise<void>; open: () => void } {
  let open = (): void => {};
  let ask = (): void => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const gate = new Promise<null>((resolve) => {
    open = () => resolve(null);
  });
  const l2: RpcL2Port = {
    l2BlockRefByNumber: () => {
      ask();
      return gate;
    },
    outputFactsAt: async () => null,
  };
  return { l2, asked, open: () => open() };
}
