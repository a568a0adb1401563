import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../support/fakeClock.js';
import { httpPost, RawSocket } from '../../../support/rawSocket.js';
import { type RunningServer, startServer } from '../../../support/rpcServer.js';

const VERSION = '{"jsonrpc":"2.0","id":7,"method":"optimism_version"}';
const ANSWER = '{"jsonrpc":"2.0","id":7,"result":"v0.0.0-dev"}\n';
/** So many requests of a kilobyte take several turns of the event loop. */
const CALLERS = 60;
const LONG = httpPost(`${VERSION}${' '.repeat(900)}`);

describe('requests of many callers at once', () => {
  let running: RunningServer;
  const sockets: RawSocket[] = [];
  /** How many calls the server has answered. */
  let answered: number;

  beforeEach(async () => {
    answered = 0;
    const count = { start: () => () => {}, notification: () => {}, answered: () => answered++ };
    const recorders = { served: count, received: count };
    running = await startServer({ deps: { clock: new FakeClock(), recorders } });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await running.server.stop();
  });

  /** A connection that the server has taken. */
  async function open(): Promise<RawSocket> {
    const socket = await RawSocket.open(running.addr);
    sockets.push(socket);
    socket.send(httpPost(VERSION));
    await socket.until(ANSWER);
    return socket;
  }

  const crowd = (): Promise<readonly RawSocket[]> =>
    Promise.all(Array.from({ length: CALLERS }, open));

  it('are answered in several turns of the event loop', async () => {
    const callers = await crowd();
    const before = answered;
    for (const caller of callers) caller.send(LONG);
    let most = 0;
    for (let last = answered; last < before + CALLERS; last = answered) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, answered - last);
    }
    expect(most).toBeLessThan(CALLERS / 2);
    for (const caller of callers) await caller.until(ANSWER);
  });

  /** The HTTP server writes the real time. */
  const undated = (answer: string): string => answer.replaceAll(/Date: .*\r\n/gi, '');
  const odd = httpPost(VERSION, 'Origin: http://x');
  const get = 'GET /healthz HTTP/1.0\r\n\r\n';
  it.each([
    ['a plain request, and no more', [httpPost(VERSION)], 1],
    ['one for the HTTP server, and no more', [odd], 1],
    ['one that the HTTP server answers and closes', [get], 0],
    ['one after the other', [httpPost(VERSION), httpPost(VERSION), odd, httpPost(VERSION)], 4],
    ['two in one, and another', [odd + httpPost(VERSION), httpPost(VERSION)], 3],
    ['a request in parts', [odd.slice(0, 50), odd.slice(50, 90), odd.slice(90)], 1],
    ['half a request', [odd.slice(0, 50)], 0],
  ])('are answered as without the others: %s', async (_, pieces, answers) => {
    const say = async (socket: RawSocket, others: readonly RawSocket[]): Promise<string> => {
      for (const other of others) other.send(LONG);
      for (const piece of pieces) {
        socket.send(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let i = 0; i < answers; i++) await socket.until(ANSWER);
      socket.end();
      return socket.rest();
    };
    const alone = await say(await open(), []);
    expect(undated(await say(await open(), await crowd()))).toBe(undated(alone));
  });

  it.each([
    ['a plain request', httpPost(VERSION)],
    ['one for the HTTP server', odd],
    ['one that the HTTP server answers and closes', get],
  ])('are answered where the caller has ended before its turn: %s', async (_, request) => {
    const end = (socket: RawSocket): Promise<string> => {
      socket.send(request);
      socket.end();
      return socket.rest();
    };
    const alone = await end(await open());
    const others = await crowd();
    const socket = await open();
    for (const other of others) other.send(LONG);
    expect(undated(await end(socket))).toBe(undated(alone));
    expect(alone).toContain(request === get ? 'v0.0.0' : ANSWER);
  });

  it('are answered where the server is stopped before their turn', async () => {
    const [callers, forServer] = [await crowd(), await open()];
    const before = answered;
    for (const caller of callers) caller.send(LONG);
    forServer.send(odd);
    while (answered === before) await new Promise((resolve) => setImmediate(resolve));
    const stopped = running.server.stop();
    for (const caller of callers) expect(await caller.rest()).toContain(ANSWER);
    expect(await forServer.rest()).toMatch(/^HTTP.1\.1 503 /);
    await stopped;
  });

  it('are let go where their callers are gone before their turn', async () => {
    const callers = await crowd();
    const before = answered;
    for (const caller of callers) caller.send(LONG);
    while (answered === before) await new Promise((resolve) => setImmediate(resolve));
    for (const caller of callers) caller.destroy();
    const socket = await open();
    socket.send(LONG);
    await socket.until(ANSWER);
    expect(answered).toBeLessThanOrEqual(before + CALLERS + 2);
  });
});
