import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { FastLane } from '../../../../src/rpc/http/fastLane.js';
import { type Clock, SystemClock } from '../../../../src/runtime/clock.js';
import { HttpGuard } from '../../../../src/runtime/http/httpGuard.js';
import { Turns } from '../../../../src/runtime/turns.js';
import { httpPost, RawSocket } from '../../../support/rawSocket.js';

const LARGE = 8 * 1024 * 1024;

describe('FastLane', () => {
  let server: Server | null = null;
  const bodies: string[] = [];

  /** An HTTP server that says so, behind a lane that answers with what it got, or with 8 MiB where it is asked to. */
  async function start(clock: Clock = new SystemClock()): Promise<string> {
    bodies.length = 0;
    const http = createServer((request, response) => {
      request.resume();
      request.on('end', () => response.end('by the HTTP server'));
    });
    const lane = new FastLane({
      clock,
      answerFor: () => (body) => {
        bodies.push(body);
        return body === 'large' ? 'x'.repeat(LARGE) : `<${body}>`;
      },
    });
    const guard = new HttpGuard(
      { maxHeldBytes: 4 * LARGE, maxConnections: 100 },
      { clock, turns: new Turns(), makeFront: (connection) => lane.laneOf(connection) },
    );
    guard.attach(http);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    server = http;
    const address = http.address();
    return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = null;
  });

  it('answers plain requests itself and leaves the others, with the connection, to the server', async () => {
    const addr = await start();
    const socket = await RawSocket.open(addr);
    socket.send(httpPost('one'));
    await socket.until('<one>');
    socket.send(httpPost('two', 'Expect: 100-continue'));
    await socket.until('by the HTTP server');
    socket.send(httpPost('three'));
    await socket.until('by the HTTP server');
    expect(bodies).toEqual(['one']);
    socket.destroy();
  });

  it('judges each connection by its own head, whatever head another one had last', async () => {
    const addr = await start();
    const asked = [
      httpPost('ab'),
      httpPost('odd', 'Expect: 100-continue'),
      httpPost('abc'),
      httpPost('ab'),
    ];
    const answers: string[] = [];
    for (const request of [...asked, ...asked]) {
      const socket = await RawSocket.open(addr);
      socket.send(request);
      socket.end();
      answers.push(/by the HTTP server|<\w+>/.exec(await socket.rest())?.[0] ?? '');
    }
    const once = ['<ab>', 'by the HTTP server', '<abc>', '<ab>'];
    expect(answers).toEqual([...once, ...once]);
  });

  it('takes empty lines alone for no request', async () => {
    const addr = await start();
    const socket = await RawSocket.open(addr);
    socket.send('\r\n\r\n');
    await barrier(addr);
    socket.send(httpPost('one'));
    await socket.until('by the HTTP server');
    expect(bodies).not.toContain('one');
    socket.destroy();
  });

  it('leaves requests of more than 16 KiB to the server', async () => {
    const addr = await start();
    const socket = await RawSocket.open(addr);
    socket.send(httpPost('x'.repeat(16 * 1024)));
    await socket.until('by the HTTP server');
    expect(bodies).not.toContain('one');
    socket.destroy();
  });

  it.each([
    ['short', 'a', undefined],
    ['long', 'b'.repeat(600), 'gzip'],
    ['very long', 'large', 'gzip'],
  ])('compresses a %s answer, if any, where the caller takes it', async (_, body, encoding) => {
    const addr = await start();
    const { headers, bytes } = await postForGzip(addr, body);
    const text = (encoding === undefined ? bytes : gunzipSync(bytes)).toString();
    expect(text).toBe(body === 'large' ? 'x'.repeat(LARGE) : `<${body}>`);
    expect(headers['content-encoding']).toBe(encoding);
    expect(bodies).toEqual([body]);
  });

  async function postForGzip(
    addr: string,
    body: string,
  ): Promise<{ readonly headers: IncomingMessage['headers']; readonly bytes: Buffer }> {
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      'accept-encoding': 'gzip',
      connection: 'keep-alive',
    };
    const answer = await new Promise<IncomingMessage>((resolve) => {
      request(`http://${addr}`, { method: 'POST', headers }, resolve).end(body);
    });
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    return { headers: answer.headers, bytes: Buffer.concat(parts) };
  }

  it('reads a changed head anew', async () => {
    const addr = await start();
    const socket = await RawSocket.open(addr);
    for (const body of ['a', 'bb', 'cc', 'd']) {
      socket.send(httpPost(body));
      await socket.until(`<${body}>`);
    }
    expect(bodies).toEqual(['a', 'bb', 'cc', 'd']);
    socket.destroy();
  });

  it('does not read on from a caller that does not read its answers', async () => {
    const addr = await start();
    const socket: Socket = connect(Number(addr.split(':')[1]), '127.0.0.1');
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.pause();
    socket.write(httpPost('large'));
    await barrier(addr);
    socket.write(httpPost('next'));
    await barrier(addr);
    await barrier(addr);
    expect(bodies.filter((body) => body !== 'barrier')).toEqual(['large']);
    let received = 0;
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (chunk.toString('latin1').endsWith('<next>')) resolve();
      });
      socket.resume();
    });
    expect(received).toBeGreaterThan(LARGE);
    socket.destroy();
  });

  /** Back when the server has worked off what had arrived before. */
  async function barrier(addr: string): Promise<void> {
    const other = await RawSocket.open(addr);
    other.send(httpPost('barrier'));
    await other.until('<barrier>');
    other.destroy();
  }
});
