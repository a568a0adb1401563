import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../src/transport/httpRequest.js';
import { type HttpWay, StaleConnection } from '../../../src/transport/httpWay.js';
import { KeptHttp } from '../../../src/transport/keptHttp.js';
import { NodeHttp } from '../../../src/transport/nodeHttp.js';
import { FakeClock } from '../../support/fakeClock.js';
import { RawHttpServer } from '../../support/rawHttpServer.js';
import { rejection, until } from '../../support/until.js';

const never = new AbortController().signal;
const anySize = (): number => 1_000;
const maxIdleMs = 30_000;

const WAYS: Readonly<Record<string, (port: number) => HttpWay>> = {
  KeptHttp: (port) =>
    new KeptHttp({ address: { host: '127.0.0.1', port }, maxIdleMs }, { clock: new FakeClock() }),
  NodeHttp: () => new NodeHttp({ maxIdleMs }),
};

describe.each(Object.entries(WAYS))('%s', (_name, make) => {
  let server: RawHttpServer;
  let http: HttpWay;
  beforeEach(async () => {
    server = await RawHttpServer.start();
    http = make(server.port);
  });
  afterEach(async () => {
    http.close();
    await server.stop();
  });

  function to(path: string, body: string | null = null): HttpRequest {
    const origin = { isTls: false, host: '127.0.0.1', port: server.port };
    return { ...origin, method: body === null ? 'GET' : 'POST', path, headers: {}, body };
  }
  const ask = (path = '/'): Promise<string> =>
    http.exchange(to(path), anySize, never).then(({ body }) => body.toString());
  const asked = (): readonly (readonly string[])[] => server.heard.map((one) => one.asked);
  const ended = (at: number) => (): boolean => server.heard[at]?.isEnded === true;

  it('asks again over connections that it has, the one used last first', async () => {
    expect(await Promise.all(['/a', '/b'].map(ask))).toEqual(['ok', 'ok']);
    for (const path of ['/c', '/d', '/e']) expect(await ask(path)).toBe('ok');
    expect(asked().flat().toSorted()).toEqual(['/a', '/b', '/c', '/d', '/e']);
    expect(
      asked()
        .map(({ length }) => length)
        .toSorted(),
    ).toEqual([1, 4]);
  });

  it('leaves a connection that ends', async () => {
    await ask();
    server.heard[0]?.socket.end();
    await until(ended(0));
    await ask();
    expect(server.heard).toHaveLength(2);
  });

  it('fails what is under way when the server breaks off', async () => {
    server.answer = (socket) => void socket.destroy();
    const error = await rejection(ask());
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(error).not.toBeInstanceOf(StaleConnection);
    server.answer = (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok');
    expect(await rejection(ask())).toMatchObject({ code: 'ECONNRESET' });
  });

  it.each([
    ['ends it', 'destroy'],
    ['resets it', 'resetAndDestroy'],
  ] as const)('tells that a kept connection was given up when the server %s', async (_how, end) => {
    await ask();
    server.answer = (socket) => void socket[end]();
    expect(await rejection(ask())).toBeInstanceOf(StaleConnection);
    expect(asked()).toEqual([['/', '/']]);
  });

  it('does not take for given up what broke off in its answer, or answered no HTTP', async () => {
    await ask();
    server.answer = (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok');
    expect(await rejection(ask())).not.toBeInstanceOf(StaleConnection);
    server.answer = (socket) => void socket.write(RawHttpServer.OK);
    await ask();
    server.answer = (socket) => void socket.write('hello\r\n\r\n');
    expect(await rejection(ask())).not.toBeInstanceOf(StaleConnection);
  });

  it('ends connections that nothing uses when it is told to, and no other', async () => {
    await Promise.all([ask(), ask()]);
    let answerLater = (): void => undefined;
    server.answer = (socket) => {
      answerLater = () => void socket.write(RawHttpServer.OK);
    };
    const underWay = ask('/under-way');
    await until(() => asked().flat().includes('/under-way'));
    http.leaveIdle();
    await until(() => server.heard.some(({ isEnded }) => isEnded));
    answerLater();
    expect(await underWay).toBe('ok');
    server.answer = (socket) => void socket.write(RawHttpServer.OK);
    await ask('/again');
    expect(server.heard).toHaveLength(2);
  });

  it('ends a connection on which the rest of a request may stand unread', async () => {
    server.answer = (socket) => {
      socket.pause();
      socket.write('HTTP/1.1 401 No\r\ncontent-length: 2\r\n\r\nno');
    };
    const large = to('/large', 'x'.repeat(16 * 1024 * 1024));
    expect((await http.exchange(large, anySize, never)).status).toBe(401);
    server.answer = (socket) => void socket.write(RawHttpServer.OK);
    expect(await ask('/next')).toBe('ok');
    expect(asked()).toEqual([['/large'], ['/next']]);
    server.heard[0]?.socket.resume();
    await until(ended(0));
  });

  it('ends the connection of a request that is stopped', async () => {
    server.answer = () => undefined;
    const stop = new AbortController();
    const first = rejection(http.exchange(to('/first'), anySize, stop.signal));
    await until(() => asked().flat().length === 1);
    stop.abort();
    expect(await first).toMatchObject({ code: 'ABORTED' });
    await until(ended(0));
    server.answer = (socket) => void socket.write(RawHttpServer.OK);
    expect(await ask('/second')).toBe('ok');
    expect(asked()).toEqual([['/first'], ['/second']]);
  });

  it('ends the connection of a request that is stopped while it is sent', async () => {
    server.answer = (socket) => void socket.pause();
    const stop = new AbortController();
    const large = to('/large', 'x'.repeat(16 * 1024 * 1024));
    const sending = rejection(http.exchange(large, anySize, stop.signal));
    await until(() => asked().flat().length === 1);
    stop.abort();
    expect(await sending).toMatchObject({ code: 'ABORTED' });
    server.heard[0]?.socket.resume();
    await until(ended(0));
  });

  it('passes over some answers before the real one, and not over any number', async () => {
    const early = 'HTTP/1.1 103 Early\r\n\r\n';
    server.answer = (socket) => void socket.write(`${early.repeat(100)}${RawHttpServer.OK}`);
    expect(await ask()).toBe('ok');
    server.answer = (socket) => void socket.write(early.repeat(101));
    expect(String(await rejection(ask()))).toContain('answer does not begin');
    await until(ended(0));
  });

  it('fails where the answer is another protocol', async () => {
    server.answer = (socket) =>
      void socket.write('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
    expect(await rejection(ask())).toBeInstanceOf(Error);
    await until(ended(0));
  });

  it('fails at once where lines end with a bare newline', async () => {
    server.answer = (socket) => void socket.write('HTTP/1.1 200 OK\ncontent-length: 2\n\nok');
    expect(await rejection(ask())).toBeInstanceOf(Error);
    await until(ended(0));
  });

  it('says why a server is not reached', async () => {
    const other = await RawHttpServer.start();
    const { port } = other;
    await other.stop();
    const gone = make(port);
    expect(await rejection(gone.exchange({ ...to('/'), port }, anySize, never))).toMatchObject({
      code: 'ECONNREFUSED',
    });
    gone.close();
  });

  it('fails what is under way when it is closed, and asks nothing more', async () => {
    await ask('/kept');
    server.answer = () => undefined;
    const failure = rejection(ask('/first'));
    await until(() => asked().flat().length === 2);
    http.close();
    const error = await failure;
    expect(String(error)).toContain('client is closed');
    expect(error).not.toBeInstanceOf(StaleConnection);
    expect(String(await rejection(ask()))).toContain('client is closed');
    await until(ended(0));
    expect(asked()).toEqual([['/kept', '/first']]);
  });
});
