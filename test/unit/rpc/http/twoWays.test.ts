import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpPost, RawSocket } from '../../../support/rawSocket.js';
import { rpcBodies } from '../../../support/rpcBodies.js';
import { type RunningServer, startServer } from '../../../support/rpcServer.js';

const BODY = '{"jsonrpc":"2.0","id":1,"method":"optimism_syncStatus"}';
const PLAIN: readonly string[] = [
  'Host: a:1',
  'Content-Type: application/json',
  `Content-Length: ${BODY.length}`,
];
/** Lines that stand beside or instead of the plain ones. */
const ODD: readonly string[] = [
  ...['Host: b', 'Host: u@h', 'Host: a b', 'Host:', 'Host: [::1]:8545', "host: ~!$&'()*+,;=%41"],
  ...[
    'Content-Type: text/plain',
    'content-type: application/json; a=1',
    'Content-Type: application/json;;',
  ],
  ...[`Content-Length: 00${BODY.length}`, `content-length: ${BODY.length}`],
  ...['Accept-Encoding: gzip', 'Accept-Encoding: identity', 'accept-encoding: br, gzip;q=0'],
  ...['Connection: keep-alive', 'Connection: Keep-Alive', 'Connection: close', 'Connection: x'],
  ...['Origin: http://x', 'Expect: 100-continue', 'TE: trailers', 'Upgrade: h2c', 'Trailer: x'],
  ...['X-A: \xe9', 'X-B:\t"a, b"  ', 'X-C:', 'x_d: 1', 'User-Agent: x', 'X-E: a\tb', 'Cookie: a=b'],
  ...['Bad Name: x', 'X-F: \x01', 'no colon', ' folded', '(x): y', 'X-G: a\x7fb'],
];
const LINES: readonly string[] = [
  ...Array<string>(6).fill('POST / HTTP/1.1'),
  ...[
    'POST / HTTP/1.0',
    'GET / HTTP/1.1',
    'PUT / HTTP/1.1',
    'POST /x HTTP/1.1',
    'POST /?a HTTP/1.1',
  ],
  ...['post / HTTP/1.1', 'POST  / HTTP/1.1', 'POST /healthz HTTP/1.1', 'PATCH / HTTP/1.1'],
];

const heads = fc
  .record({
    line: fc.constantFrom(...LINES),
    left: fc.subarray([...PLAIN], { minLength: 2 }),
    odd: fc.array(fc.constantFrom(...ODD), { maxLength: 3 }),
    order: fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
  })
  .map(({ line, left, odd, order }) => {
    const fields = [...left, ...odd].map((text, i) => ({ text, at: order[i] ?? 0 }));
    fields.sort((a, b) => a.at - b.at);
    return [line, ...fields.map(({ text }) => text)].join('\r\n');
  });

/** Status, headers that mean something, and body of the answer to what was sent. */
async function answerOn(socket: RawSocket, sent: string): Promise<readonly string[]> {
  socket.send(sent);
  let head = await socket.until('\r\n\r\n');
  if (head.startsWith('HTTP/1.1 100')) head = await socket.until('\r\n\r\n');
  const lines = head
    .trimEnd()
    .split('\r\n')
    .map((line) => line.toLowerCase());
  const of = (name: string): string =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
  const isClosed = of('connection') === 'close';
  const body = of('content-length') === '' && isClosed ? await socket.rest() : '';
  const shown = ['content-type', 'vary', 'access-control-allow-origin', 'content-encoding'].map(of);
  const kept = isClosed ? 'closes' : 'stays';
  return [
    lines[0] ?? '',
    ...shown,
    kept,
    body || (await socket.take(Number(of('content-length')))),
  ];
}

describe('the two ways to the RPC', () => {
  let running: RunningServer;
  beforeAll(async () => {
    running = await startServer();
  });
  afterAll(() => running.server.stop());

  /** A connection whose every request the HTTP server reads, since the first was odd. */
  async function handedOver(): Promise<RawSocket> {
    const socket = await RawSocket.open(running.addr);
    await answerOn(socket, httpPost(BODY, 'Origin: http://x'));
    return socket;
  }

  async function bothAnswer(head: string): Promise<void> {
    const [fresh, handed] = [await RawSocket.open(running.addr), await handedOver()];
    const sent = `${head}\r\n\r\n${BODY}`;
    try {
      expect(await answerOn(fresh, sent)).toEqual(await answerOn(handed, sent));
    } finally {
      fresh.destroy();
      handed.destroy();
    }
  }

  /** One connection for many requests, and another once it is closed. */
  function answering(open: () => Promise<RawSocket>) {
    let socket: RawSocket | null = null;
    return {
      answer: async (body: string): Promise<readonly string[]> => {
        if (!socket?.isOpen) socket = await open();
        return answerOn(socket, httpPost(body));
      },
      end: (): void => socket?.destroy(),
    };
  }

  it('answer the same to any body, the lane also where a blank keeps a batch from its short way', async () => {
    const lane = answering(() => RawSocket.open(running.addr));
    const server = answering(handedOver);
    let faults = 0;
    let results = 0;
    const compare = async (body: string): Promise<void> => {
      const answer = await server.answer(body);
      expect(await lane.answer(body)).toEqual(answer);
      expect(await lane.answer(` ${body}`)).toEqual(answer);
      if (answer.at(-1)?.includes('"error"')) faults += 1;
      if (answer.at(-1)?.includes('"result"')) results += 1;
    };
    await fc.assert(fc.asyncProperty(rpcBodies, compare), { seed: 31, numRuns: 1_000 });
    lane.end();
    server.end();
    expect(Math.min(faults, results)).toBeGreaterThan(75);
  });

  it('answer the same to any head', async () => {
    await fc.assert(fc.asyncProperty(heads, bothAnswer), { seed: 12, numRuns: 600 });
  });

  it.each([
    ['two hosts', ['Host: a', 'Host: a'], /^http\/1.1 400 /],
    ['a user in the host', ['Host: u@h'], /^http\/1.1 400 /],
    [
      'compression as the first of two lines says',
      ['Host: a', 'Accept-Encoding: br', 'Accept-Encoding: gzip'],
      /200/,
    ],
    ['999 headers', ['Host: a', ...Array<string>(996).fill('a: b')], /^http\/1.1 200 /],
    ['1,000 headers', ['Host: a', ...Array<string>(997).fill('a: b')], /^http\/1.1 431 /],
  ])('answer the same to %s', async (_, fields, status) => {
    const head = ['POST / HTTP/1.1', ...PLAIN.slice(1), ...fields].join('\r\n');
    await bothAnswer(head);
    const socket = await RawSocket.open(running.addr);
    const [line, , , , encoding] = await answerOn(socket, `${head}\r\n\r\n${BODY}`);
    expect(line).toMatch(status);
    expect(encoding).toBe('');
    socket.destroy();
  });
});
