import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { serverTime } from '../../../src/transport/serverTime.js';

const options = { signal: new AbortController().signal };
const TIME = 'Wed, 31 Jan 2024 23:59:59 GMT';

async function served(listener: RequestListener, run: (port: number) => Promise<void>) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await run((server.address() as AddressInfo).port);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe('the time of a server', () => {
  it.each(['http', 'ws'])('is read by %s, whatever it answers, without secrets', async (scheme) => {
    const seen: unknown[] = [];
    const listener: RequestListener = ({ method, url, headers }, response) => {
      seen.push(method, url, headers.authorization);
      response.writeHead(401, { date: TIME }).end('no');
    };
    await served(listener, async (port) => {
      const time = await serverTime(`${scheme}://me:secret@127.0.0.1:${port}/key?k=1`, options);
      expect(time).toBe(Date.UTC(2024, 0, 31, 23, 59, 59));
      expect(seen).toEqual(['HEAD', '/', undefined]);
    });
  });

  it.each([
    ['does not say', {}],
    ['says nonsense', { date: 'yesterday' }],
    ['says another form', { date: '2024-01-31T23:59:59Z' }],
  ])('is null where it %s', async (_, headers) => {
    const listener: RequestListener = (_request, response) => {
      response.sendDate = false;
      response.writeHead(200, headers).end();
    };
    await served(listener, async (port) => {
      expect(await serverTime(`http://127.0.0.1:${port}`, options)).toBeNull();
    });
  });

  it('is null where nothing speaks HTTP', async () => {
    const server = createTcpServer((socket) =>
      socket.on('data', () => socket.end('hello\n')),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await serverTime(`http://127.0.0.1:${port}`, options)).toBeNull();
    server.close();
    await once(server, 'close');
    expect(await serverTime(`http://127.0.0.1:${port}`, options)).toBeNull();
  });
});
