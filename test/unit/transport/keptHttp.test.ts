import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeptHttp } from '../../../src/transport/keptHttp.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection, until } from '../../support/until.js';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const never = new AbortController().signal;
const anySize = (): number => 1_000;

let server: Server;
let clock: FakeClock;
let http: KeptHttp;
/** Every connection so far, with what came over it. */
let sockets: { readonly socket: Socket; heard: string; isEnded: boolean }[];
let answer: (socket: Socket) => void;

beforeEach(async () => {
  sockets = [];
  answer = (socket) => void socket.write(OK);
  server = createServer((socket) => {
    const seen = { socket, heard: '', isEnded: false };
    sockets.push(seen);
    socket.on('data', (bytes) => {
      seen.heard += bytes.toString();
      answer(socket);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      seen.isEnded = true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  clock = new FakeClock();
  http = make(2);
});

afterEach(async () => {
  http.close();
  for (const { socket } of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function make(maxConnections: number): KeptHttp {
  const { port } = server.address() as { port: number };
  const address = { host: '127.0.0.1', port };
  return new KeptHttp({ address, maxConnections, maxIdleMs: 30_000 }, { clock });
}

const ask = (text = 'ask;'): Promise<string> =>
  http.exchange(text, anySize, never).then(({ body }) => body.toString());

describe('KeptHttp', () => {
  it('asks again over the same connection, and waits its turn for one', async () => {
    const asked = ['a;', 'b;', 'c;', 'd;', 'e;'].map(ask);
    expect(await Promise.all(asked)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(await ask('f;')).toBe('ok');
    expect(sockets).toHaveLength(2);
    const heard = sockets.map((seen) => seen.heard).join('');
    expect(heard.split(';').toSorted().join('')).toBe('abcdef');
  });

  it('leaves a connection that was not used for long, and closes it in time', async () => {
    await Promise.all([ask(), ask()]);
    await clock.advance(20_000);
    await ask();
    await clock.advance(9_999);
    expect(sockets.filter(({ isEnded }) => isEnded)).toHaveLength(0);
    await clock.advance(1);
    await until(() => sockets.filter(({ isEnded }) => isEnded).length === 1);
    await ask();
    expect(sockets).toHaveLength(2);
    await clock.advance(31_000);
    await ask();
    expect(sockets).toHaveLength(3);
  });

  it('does not use a connection longer than the server says that it keeps it', async () => {
    answer = (socket) =>
      void socket.write(OK.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=5, max=9\r\n\r\n'));
    await ask();
    await clock.advance(3_900);
    await ask();
    expect(sockets).toHaveLength(1);
    await clock.advance(4_000);
    await ask();
    expect(sockets).toHaveLength(2);
  });

  it('leaves a connection that ends, or says something unasked', async () => {
    await ask();
    sockets[0]?.socket.end();
    await until(() => sockets[0]?.isEnded === true);
    await ask();
    sockets[1]?.socket.write(OK);
    await until(() => sockets[1]?.isEnded === true);
    await ask();
    expect(sockets).toHaveLength(3);
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
    const first = rejection(http.exchange('first;', anySize, stop.signal));
    const waiting = rejection(http.exchange('waiting;', anySize, stopWaiting.signal));
    await until(() => sockets[0]?.heard === 'first;');
    stopWaiting.abort();
    expect(await waiting).toMatchObject({ code: 'ABORTED' });
    stop.abort();
    expect(await first).toMatchObject({ code: 'ABORTED' });
    await until(() => sockets[0]?.isEnded === true);
    answer = (socket) => void socket.write(OK);
    expect(await ask('third;')).toBe('ok');
    expect(sockets.map(({ heard }) => heard)).toEqual(['first;', 'third;']);
  });

  it('says why a server is not reached', async () => {
    await new Promise((resolve) => server.close(resolve));
    expect(await rejection(ask())).toMatchObject({ code: 'ECONNREFUSED' });
    server.listen(0, '127.0.0.1');
    await until(() => server.listening);
  });

  it('has no timer left after it is closed, and asks nothing more', async () => {
    await ask();
    http.close();
    expect(clock.pendingTimers).toBe(0);
    expect(String(await rejection(ask()))).toContain('client is closed');
    await until(() => sockets[0]?.isEnded === true);
  });
});
