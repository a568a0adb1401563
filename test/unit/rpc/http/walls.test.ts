import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../support/fakeClock.js';
import { httpPost, RawSocket } from '../../../support/rawSocket.js';
import { type RunningServer, startServer } from '../../../support/rpcServer.js';

const VERSION = '{"jsonrpc":"2.0","id":7,"method":"optimism_version"}';
const ANSWER = '{"jsonrpc":"2.0","id":7,"result":"v0.0.0-dev"}\n';
const CONFIG = '{"jsonrpc":"2.0","id":1,"method":"optimism_rollupConfig"}';
const SECOND = 1_000;

/** What the HTTP server gets: the fast lane does not take requests with an Origin. */
const odd = (body: string): string => httpPost(body, 'Origin: http://x');
/** More than the system takes for a caller who does not read: some 30 MB of answers. */
const REQUESTS = 400;
const openHead = (length: number): string => httpPost('').replace(/(Length: )0/, `$1${length}`);

describe('walls of the RPC server', () => {
  let clock: FakeClock;
  let running: RunningServer;
  const sockets: RawSocket[] = [];

  beforeEach(async () => {
    clock = new FakeClock();
    running = await startServer({ deps: { clock } });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await running.server.stop();
  });

  async function open(): Promise<RawSocket> {
    const socket = await RawSocket.open(running.addr);
    sockets.push(socket);
    return socket;
  }

  async function ask(socket: RawSocket, request = httpPost(VERSION)): Promise<void> {
    socket.send(request);
    await socket.until(ANSWER);
  }

  /** Back when the server has worked off what had arrived before. */
  async function barrier(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      const socket = await open();
      await ask(socket, odd(VERSION));
      socket.destroy();
    }
  }

  /** Advances to just before the limit, where the connection still stands, and over it, where it ends with `last`. */
  async function endsAfter(socket: RawSocket, ms: number, last = ''): Promise<void> {
    await barrier();
    await clock.advance(ms - 1);
    await barrier();
    expect(socket.isOpen).toBe(true);
    await clock.advance(1);
    expect(await socket.rest()).toBe(last);
  }

  describe('time', () => {
    it('of a new connection that says nothing is 30 seconds', async () => {
      await endsAfter(await open(), 30 * SECOND);
    });

    it.each([
      ['in the fast lane', httpPost(VERSION)],
      ['at the HTTP server', odd(VERSION)],
    ])('between two requests is 120 seconds, %s', async (_, request) => {
      const socket = await open();
      await ask(socket, request);
      await clock.advance(100 * SECOND);
      await ask(socket, request);
      await endsAfter(socket, 120 * SECOND);
    });

    it('for a head is 30 seconds from its first byte, however many follow', async () => {
      const socket = await open();
      await ask(socket);
      await clock.advance(60 * SECOND);
      socket.send('POST / HT');
      await barrier();
      await clock.advance(20 * SECOND);
      socket.send('TP/1.1\r\nHost: x\r\n');
      await endsAfter(socket, 10 * SECOND);
    });

    it('for a body is 30 seconds, and is answered as go-ethereum does', async () => {
      const socket = await open();
      socket.send(`${openHead(100)}{"jsonrpc":`);
      await barrier();
      await clock.advance(29_999);
      await barrier();
      expect(socket.isOpen).toBe(true);
      await clock.advance(1);
      const answer = await socket.until('read timeout"}}');
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n/is);
      expect(
        answer.endsWith(
          '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"read timeout"}}',
        ),
      ).toBe(true);
      await clock.advance(500);
      expect(await socket.rest()).toBe('');
    });

    it('for a body is enough where the message in it is whole', async () => {
      const socket = await open();
      socket.send(openHead(100) + VERSION);
      await barrier();
      await clock.advance(30 * SECOND);
      await socket.until(ANSWER);
    });

    it.each([
      ['in the fast lane', (body: string) => httpPost(body)],
      ['at the HTTP server', odd],
    ])('for reading an answer is 30 seconds from the request, %s', async (_, request) => {
      const socket = await pausedSocket();
      const many = request(`[${Array(250).fill(CONFIG).join(',')}]`);
      for (let i = 0; i < REQUESTS; i++) socket.write(many);
      // It stands when the server reads no more of it.
      for (let same = 0, before = 0; same < 20; before = socket.writableLength) {
        await barrier();
        same = socket.writableLength === before ? same + 1 : 0;
      }
      const ended = new Promise<number>((resolve) => {
        let bytes = 0;
        socket.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        socket.on('error', () => undefined);
        socket.on('close', () => resolve(bytes));
      });
      await clock.advance(29_999);
      await barrier();
      expect(socket.closed).toBe(false);
      await clock.advance(1);
      socket.resume();
      // Far less than was asked for: what the system held when the connection was cut.
      expect(await ended).toBeLessThan(REQUESTS * 250 * 250);
    });
  });

  async function pausedSocket(): Promise<Socket> {
    const socket = connect(Number(running.addr.split(':')[1]), '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.pause();
    return socket;
  }

  describe('requests', () => {
    it('behind each other are answered one by one, by whichever way they come', async () => {
      const socket = await open();
      const gets = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500);
      socket.send(gets + odd(VERSION) + httpPost(VERSION).repeat(2));
      for (let i = 0; i < 500; i++) await socket.until('{"version":"v0.0.0"}\n');
      for (let i = 0; i < 3; i++) await socket.until(ANSWER);
      await ask(socket);
    });

    it.each([1, 7, 40, 150])(
      'may come in pieces of %d bytes, bodies chunked or not',
      async (size) => {
        const chunked = `${odd('').replace('Content-Length: 0', 'Transfer-Encoding: chunked')}5\r\n${VERSION.slice(0, 5)}\r\n${(VERSION.length - 5).toString(16)}\r\n${VERSION.slice(5)}\r\n0\r\n\r\n`;
        const bytes =
          chunked + odd(VERSION) + chunked + httpPost(`${' '.repeat(20_000)}${VERSION}`);
        const socket = await open();
        for (let at = 0; at < bytes.length; at += size) {
          socket.send(bytes.slice(at, at + size));
          if (at % 50 < size) await new Promise((resolve) => setImmediate(resolve));
        }
        for (let i = 0; i < 4; i++) await socket.until(ANSWER);
      },
    );

    it('that end the connection in their midst are let go', async () => {
      for (const bytes of ['POST / HT', openHead(50), `${openHead(50)}{`]) {
        const socket = await open();
        socket.send(bytes);
        socket.end();
        await barrier();
      }
      await clock.advance(30 * SECOND);
      await ask(await open());
    });

    it('with more than 1,000 headers are refused', async () => {
      const socket = await open();
      socket.send(httpPost(VERSION, ...Array(1_000).fill('a: b')));
      expect(await socket.until('Too Large')).toMatch(/^HTTP\/1\.1 431 /);
    });
  });

  describe('batches', () => {
    const answerTo = async (body: string): Promise<string> => {
      const socket = await open();
      socket.send(httpPost(body));
      const head = await socket.until('\r\n\r\n');
      const [, length = ''] = /content-length: (\d+)/i.exec(head) ?? [];
      return socket.take(Number(length));
    };

    it('of more elements than a body has room for calls are refused, with the first id', async () => {
      const ones = Array(131_072).fill('1').join(',');
      expect(await answerTo(`[${ones},${VERSION}]`)).toBe(
        '[{"jsonrpc":"2.0","id":7,"error":{"code":-32600,"message":"batch too large"}}]',
      );
      expect(await answerTo(`[${ones},1]`)).toContain(
        '"id":null,"error":{"code":-32600,"message":"batch',
      );
    });

    it('of as many elements as may be are answered, each', async () => {
      const answers = JSON.parse(await answerTo(`[${Array(131_072).fill('1').join(',')}]`)) as [];
      expect(answers).toHaveLength(131_072);
    });

    it('whose answers take more than 25 MB are answered so far, the rest refused', async () => {
      const text = await answerTo(`[${Array(80_000).fill(CONFIG).join(',')}]`);
      const answers = JSON.parse(text) as { error?: { code: number; message: string } }[];
      expect(answers).toHaveLength(80_000);
      const served = answers.findIndex(({ error }) => error !== undefined);
      const bytes = JSON.stringify(answers[0]).length + 1;
      expect(bytes * served).toBeGreaterThan(25_000_000);
      expect(bytes * (served - 1)).toBeLessThanOrEqual(25_000_000);
      expect(answers.slice(served)).toEqual(
        answers.slice(served).map(() => ({
          jsonrpc: '2.0',
          id: 1,
          error: { code: -32003, message: 'response too large' },
        })),
      );
      expect(text.endsWith(']')).toBe(true);
    });
  });

  it('cuts those that hold most, and nobody else, when callers hold too much together', async () => {
    const small = await open();
    small.send(`${openHead(100)}${' '.repeat(50)}`);
    const large: RawSocket[] = [];
    for (let i = 0; i < 16; i++) {
      const socket = await open();
      socket.send(openHead(5_000_000) + ' '.repeat(4_900_000));
      large.push(socket);
    }
    for (let i = 0; i < 200 && large.every(({ isOpen }) => isOpen); i++) await barrier();
    expect(large.some(({ isOpen }) => !isOpen)).toBe(true);
    small.send(' '.repeat(50));
    await small.until('\r\n\r\n');
  });
});
