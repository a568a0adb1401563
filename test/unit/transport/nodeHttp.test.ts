import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../src/transport/httpRequest.js';
import { NodeHttp } from '../../../src/transport/nodeHttp.js';
import { rejection, until } from '../../support/until.js';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const never = new AbortController().signal;
const anySize = (): number => 1_000;

let server: Server;
let http: NodeHttp;
/** Every connection so far, with the paths that were asked for over it. */
let sockets: { readonly socket: Socket; readonly asked: string[]; isEnded: boolean }[];
let answer: (socket: Socket) => void;

beforeEach(async () => {
  sockets = [];
  answer = (socket) => void socket.write(OK);
  server = createServer((socket) => {
    const seen = { socket, asked: [] as string[], isEnded: false };
    sockets.push(seen);
    socket.on('data', (bytes) => {
      seen.asked.push(/^GET (\S+)/.exec(bytes.toString())?.[1] ?? '');
      answer(socket);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      seen.isEnded = true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  http = make(2);
});

afterEach(async () => {
  http.close();
  for (const { socket } of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function make(maxConnections: number): NodeHttp {
  return new NodeHttp({ maxConnections, maxIdleMs: 30_000 });
}

function to(path: string, headers: HttpRequest['headers'] = {}): HttpRequest {
  const { port } = server.address() as { port: number };
  return { isTls: false, host: '127.0.0.1', port, method: 'GET', path, headers, body: null };
}

const ask = (path = '/'): Promise<string> =>
  http.exchange(to(path), anySize, never).then(({ body }) => body.toString());

describe('NodeHttp', () => {
  it('asks again over the same connection, and waits its turn for one', async () => {
    const paths = ['/a', '/b', '/c', '/d', '/e'];
    expect(await Promise.all(paths.map(ask))).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(await ask('/f')).toBe('ok');
    expect(sockets).toHaveLength(2);
    expect(sockets.flatMap(({ asked }) => asked).toSorted()).toEqual([...paths, '/f']);
  });

  it('leaves a connection that ends', async () => {
    await ask();
    sockets[0]?.socket.end();
    await until(() => sockets[0]?.isEnded === true);
    await ask();
    expect(sockets).toHaveLength(2);
  });

  it('fails what is under way when the server breaks off, and serves who waits over a new one', async () => {
    http = make(1);
    answer = (socket) => {
      answer = (next) => void next.write(OK);
      socket.destroy();
    };
    const first = rejection(ask());
    const second = ask();
    expect(await first).toMatchObject({ code: 'ECONNRESET' });
    expect(await second).toBe('ok');
    expect(sockets).toHaveLength(2);
  });

  it('ends the connection of a request that is stopped, and forgets one that still waits', async () => {
    http = make(1);
    answer = () => undefined;
    const [stop, stopWaiting] = [new AbortController(), new AbortController()];
    const first = rejection(http.exchange(to('/first'), anySize, stop.signal));
    const waiting = rejection(http.exchange(to('/waiting'), anySize, stopWaiting.signal));
    await until(() => sockets[0]?.asked.length === 1);
    stopWaiting.abort();
    expect(await waiting).toMatchObject({ code: 'ABORTED' });
    stop.abort();
    expect(await first).toMatchObject({ code: 'ABORTED' });
    await until(() => sockets[0]?.isEnded === true);
    answer = (socket) => void socket.write(OK);
    expect(await ask('/third')).toBe('ok');
    expect(sockets.map(({ asked }) => asked)).toEqual([['/first'], ['/third']]);
  });

  it('fails where the answer is another protocol', async () => {
    answer = (socket) =>
      void socket.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
    expect(String(await rejection(ask()))).toContain('other side closed');
    await until(() => sockets[0]?.isEnded === true);
  });

  it('takes no head beyond 16 KiB', async () => {
    answer = (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(await rejection(ask())).toMatchObject({ code: 'HPE_HEADER_OVERFLOW' });
  });

  it('sends nothing of what is no path or no header, and goes on', async () => {
    const bad = [to('/a\r\nx: y'), to('/', { 'x y': 'z' }), to('/', { x: 'y\r\nz: 1' })];
    const stop = new AbortController();
    for (const request of bad) {
      expect(await rejection(http.exchange(request, anySize, stop.signal))).toBeInstanceOf(Error);
    }
    stop.abort();
    expect(sockets).toHaveLength(0);
    expect(await ask()).toBe('ok');
  });

  it('says why a server is not reached', async () => {
    const unused = createServer().listen(0, '127.0.0.1');
    await until(() => unused.listening);
    const { port } = unused.address() as { port: number };
    await new Promise((resolve) => unused.close(resolve));
    const gone = http.exchange({ ...to('/'), port }, anySize, never);
    expect(await rejection(gone)).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('fails what is under way and what waits when it is closed, and asks nothing more', async () => {
    http = make(1);
    answer = () => undefined;
    const failures = Promise.all([rejection(ask('/first')), rejection(ask('/waiting'))]);
    await until(() => sockets[0]?.asked.length === 1);
    http.close();
    for (const error of await failures) expect(String(error)).toContain('client is closed');
    expect(String(await rejection(ask()))).toContain('client is closed');
    await until(() => sockets[0]?.isEnded === true);
    expect(sockets.map(({ asked }) => asked)).toEqual([['/first']]);
  });
});
