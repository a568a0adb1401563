import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BoundedHttp, type BoundedHttpOptions } from '../../../src/transport/boundedHttp.js';
import { withDeadline } from '../../../src/transport/deadline.js';
import type { HeadersProvider } from '../../../src/transport/rpcClientOptions.js';
import { transportTimeout } from '../../../src/transport/transportErrors.js';
import { FakeClock } from '../../support/fakeClock.js';
import { RawHttpServer } from '../../support/rawHttpServer.js';
import { rejection, until } from '../../support/until.js';

const never = new AbortController().signal;
const maxBytes = 1_000;
const ok = (socket: Socket): void => void socket.write(RawHttpServer.OK);

let server: RawHttpServer;
let clock: FakeClock;
let http: BoundedHttp;

beforeEach(async () => {
  server = await RawHttpServer.start();
  clock = new FakeClock();
  http = make();
});

afterEach(async () => {
  await http.close();
  await server.stop();
});

function make(options: Partial<BoundedHttpOptions> = {}, headers?: HeadersProvider): BoundedHttp {
  const url = `http://127.0.0.1:${server.port}`;
  return new BoundedHttp({ url, maxConnections: 2, headers: {}, ...options }, { clock, headers });
}

const ask = (path: string, signal = never): Promise<string> =>
  http.bytes({ method: 'POST', body: '{}', path, maxBytes }, signal).then(String);
const asked = (): readonly (readonly string[])[] => server.heard.map((one) => one.asked);

// A header that a plain request does not name sends it the other way.
describe.each([
  ['plain', {}],
  ["Node.js'", { Connection: 'keep-alive' }],
])('requests by the %s way', (_way, headers) => {
  beforeEach(() => {
    http = make({ headers });
  });

  it('are sent again over a new connection when a kept one was given up under them', async () => {
    await Promise.all([ask('/a'), ask('/b')]);
    server.answer = (socket) => {
      server.answer = ok;
      socket.destroy();
    };
    expect(await ask('/c')).toBe('ok');
    expect(asked().map((all) => all.at(-1))).toContain('/c');
    expect(asked()[2]).toEqual(['/c']);
    await until(() => server.heard.filter(({ isEnded }) => isEnded).length === 2);
  });

  it('are sent again once, and not over a connection that was new', async () => {
    server.answer = (socket) => void socket.destroy();
    expect(await rejection(ask('/new'))).toMatchObject({ code: 'TRANSPORT_FAILED' });
    server.answer = ok;
    await ask('/kept');
    server.answer = (socket) => void socket.destroy();
    const error = await rejection(ask('/again'));
    expect(error).toMatchObject({ code: 'TRANSPORT_FAILED', cause: { code: 'ECONNRESET' } });
    expect(asked()).toEqual([['/new'], ['/kept', '/again'], ['/again']]);
  });

  it('leave the connections that nothing uses once one does not answer in time', async () => {
    await Promise.all([ask('/a'), ask('/b')]);
    server.answer = () => undefined;
    const timeoutError = () => transportTimeout('http://x', 1_000);
    const limits = { clock, timeoutMs: 1_000, signal: never, timeoutError };
    const slow = rejection(withDeadline(limits, (signal) => ask('/slow', signal)));
    await until(() => asked().flat().includes('/slow'));
    await clock.advance(1_000);
    expect(await slow).toMatchObject({ code: 'TRANSPORT_TIMEOUT' });
    server.answer = ok;
    expect(await ask('/next')).toBe('ok');
    expect(asked()[2]).toEqual(['/next']);
  });

  it('wait their turn, and have it when the server breaks off', async () => {
    http = make({ headers, maxConnections: 1 });
    server.answer = (socket) => {
      server.answer = ok;
      socket.destroy();
    };
    const first = rejection(ask('/first'));
    const second = ask('/second');
    expect(await first).toMatchObject({ code: 'TRANSPORT_FAILED' });
    expect(await second).toBe('ok');
    expect(asked()).toEqual([['/first'], ['/second']]);
  });

  it('fail when it is closed, those that wait too', async () => {
    http = make({ headers, maxConnections: 1 });
    server.answer = () => undefined;
    const failures = Promise.all(['/first', '/waiting'].map((path) => rejection(ask(path))));
    await until(() => asked().flat().length === 1);
    await http.close();
    for (const error of await failures) {
      expect(String((error as Error).cause)).toContain('client is closed');
    }
    expect(asked()).toEqual([['/first']]);
  });
});

describe('BoundedHttp', () => {
  it('bounds the requests of both ways together', async () => {
    http = make({ maxConnections: 1 });
    const other = await RawHttpServer.start();
    let answerOther = (): void => undefined;
    other.answer = (socket) => {
      answerOther = () => ok(socket);
    };
    server.answer = (socket) => {
      server.answer = ok;
      const location = `http://127.0.0.1:${other.port}/there`;
      socket.write(`HTTP/1.1 307 There\r\ncontent-length: 0\r\nlocation: ${location}\r\n\r\n`);
    };
    const led = ask('/led');
    await until(() => other.heard[0]?.asked.length === 1);
    const second = ask('/second');
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked()).toEqual([['/led']]);
    answerOther();
    expect(await Promise.all([led, second])).toEqual(['ok', 'ok']);
    expect(asked()).toEqual([['/led', '/second']]);
    await other.stop();
  });

  it('asks for a token when a request has its turn, not while it waits', async () => {
    let tokens = 0;
    http = make({ maxConnections: 1 }, async () => ({ authorization: `Bearer ${++tokens}` }));
    let answer = (): void => undefined;
    server.answer = (socket) => {
      server.answer = ok;
      answer = () => ok(socket);
    };
    const both = Promise.all([ask('/a'), ask('/b')]);
    await until(() => asked().flat().length === 1);
    expect(tokens).toBe(1);
    answer();
    await both;
    expect(tokens).toBe(2);
  });

  it('does not take a token that was given by a name in capitals to another origin', async () => {
    http = make({ headers: { Authorization: 'secret', 'X-Key': 'key' } });
    const other = await RawHttpServer.start();
    const texts: string[] = [];
    for (const one of [server, other]) {
      one.listen = (text) => texts.push(text);
    }
    server.answer = (socket) => {
      const location = `http://127.0.0.1:${other.port}/there`;
      socket.write(`HTTP/1.1 307 There\r\ncontent-length: 0\r\nlocation: ${location}\r\n\r\n`);
    };
    expect(await ask('/led')).toBe('ok');
    expect(texts.map((text) => /secret/.test(text))).toEqual([true, false]);
    expect(texts.map((text) => /x-key: key/i.test(text))).toEqual([true, true]);
    await other.stop();
  });
});
