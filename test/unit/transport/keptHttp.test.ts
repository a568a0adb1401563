import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeptHttp } from '../../../src/transport/keptHttp.js';
import { FakeClock } from '../../support/fakeClock.js';
import { RawHttpServer } from '../../support/rawHttpServer.js';
import { until } from '../../support/until.js';

const never = new AbortController().signal;

let server: RawHttpServer;
let clock: FakeClock;
let http: KeptHttp;

beforeEach(async () => {
  server = await RawHttpServer.start();
  clock = new FakeClock();
  const address = { host: '127.0.0.1', port: server.port };
  http = new KeptHttp({ address, maxIdleMs: 30_000 }, { clock });
});

afterEach(async () => {
  http.close();
  await server.stop();
});

async function ask(): Promise<void> {
  const origin = { isTls: false, host: '127.0.0.1', port: server.port };
  const request = { ...origin, method: 'GET', path: '/', headers: {}, body: null } as const;
  await http.exchange(request, () => 1_000, never);
}

// What it has in common with the other way: httpWays.test.ts.
describe('KeptHttp', () => {
  it('leaves a connection that was not used for long, and closes it in time', async () => {
    await Promise.all([ask(), ask()]);
    await clock.advance(20_000);
    await ask();
    await clock.advance(9_999);
    expect(server.heard.filter(({ isEnded }) => isEnded)).toHaveLength(0);
    await clock.advance(1);
    await until(() => server.heard.filter(({ isEnded }) => isEnded).length === 1);
    await ask();
    expect(server.heard).toHaveLength(2);
    await clock.advance(31_000);
    await ask();
    expect(server.heard).toHaveLength(3);
  });

  it.each(['Keep-Alive: timeout=5, max=9', 'keep-alive: max=9, Timeout=5'])(
    'does not use a connection longer than the server says that it keeps it: %s',
    async (hint) => {
      server.answer = (socket) =>
        void socket.write(RawHttpServer.OK.replace('\r\n\r\n', `\r\n${hint}\r\n\r\n`));
      await ask();
      await clock.advance(3_900);
      await ask();
      expect(server.heard).toHaveLength(1);
      await clock.advance(4_000);
      await ask();
      expect(server.heard).toHaveLength(2);
    },
  );

  it('leaves a connection that says something unasked', async () => {
    await ask();
    server.heard[0]?.socket.write(RawHttpServer.OK);
    await until(() => server.heard[0]?.isEnded === true);
    await ask();
    expect(server.heard).toHaveLength(2);
  });

  it('has no timer left after it is closed', async () => {
    await ask();
    http.close();
    expect(clock.pendingTimers).toBe(0);
    await until(() => server.heard[0]?.isEnded === true);
  });
});
