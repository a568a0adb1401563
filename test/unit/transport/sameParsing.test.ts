import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HttpWay } from '../../../src/transport/httpWay.js';
import { KeptHttp } from '../../../src/transport/keptHttp.js';
import { NodeHttp } from '../../../src/transport/nodeHttp.js';
import { FakeClock } from '../../support/fakeClock.js';
import { RawHttpServer } from '../../support/rawHttpServer.js';

const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
/** Answers that are well-formed, as byte strings. */
const GOOD: readonly string[] = [
  `${head('HTTP/1.1 200 OK', 'Content-Length: 5')}hello`,
  `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n`,
  `${head('HTTP/1.1 103 Early', 'a: b')}${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`,
  `${head('HTTP/1.0 200 OK')}rest`,
  head('HTTP/1.1 404 No', 'Connection: close', 'Content-Length: 0'),
  head('HTTP/1.1 204 Empty'),
  `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Connection: close')}1\r\na\r\n0\r\n\r\n`,
];
const PIECES: readonly string[] = [
  ...['', '\r', '\n', '\r\n', ' ', '\t', ':', ';', ',', '-', '+', '0', '1', 'a', 'F', '\0', '\x80'],
  ...['Content-Length: 1\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: keep-alive\r\n'],
  ...['\r\n\r\n', '0\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n', 'chunked', 'close', 'identity'],
];
const change = fc.record({
  at: fc.nat(),
  cut: fc.nat(2),
  by: fc.constantFrom(...PIECES),
});
/** Good answers with one or two places changed. */
const answers = fc
  .record({
    good: fc.constantFrom(...GOOD),
    changes: fc.array(change, { minLength: 1, maxLength: 2 }),
  })
  .map(({ good, changes }) =>
    changes.reduce((text, { at, cut, by }) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + by + text.slice(place + cut);
    }, good),
  );

let server: RawHttpServer;
beforeAll(async () => {
  server = await RawHttpServer.start();
});
afterAll(() => server.stop());

/** What a client that knows no more than this answer makes of it; null where it refuses it. */
async function read(http: HttpWay, text: string): Promise<string | null> {
  server.answer = (socket) => void socket.end(Buffer.from(text, 'latin1'));
  const origin = { isTls: false, host: '127.0.0.1', port: server.port };
  const request = { ...origin, method: 'GET', path: '/', headers: {}, body: null } as const;
  try {
    const answer = await http.exchange(request, () => 1_000, new AbortController().signal);
    return `${answer.status} ${answer.body.toString('latin1')}`;
  } catch {
    return null;
  } finally {
    http.close();
  }
}

it('reads of any answer what Node.js reads, where neither refuses it', async () => {
  let both = 0;
  const compare = async (text: string): Promise<void> => {
    const address = { host: '127.0.0.1', port: server.port };
    const kept = await read(
      new KeptHttp({ address, maxIdleMs: 1 }, { clock: new FakeClock() }),
      text,
    );
    const node = await read(new NodeHttp({ maxIdleMs: 1 }), text);
    if (kept === null || node === null) return;
    both += 1;
    expect(kept).toBe(node);
  };
  await fc.assert(fc.asyncProperty(answers, compare), { seed: 3, numRuns: 400 });
  expect(both).toBeGreaterThan(75);
});
