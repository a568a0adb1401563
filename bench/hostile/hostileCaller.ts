import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { socketKinds } from './hostileSockets.js';

/**
 * A process of callers of one kind, forked by `hostile.ts`: `node hostileCaller.js KIND HOST PORT`. Goes on until its
 * parent says `stop` or is gone. Only `plain` measures; it tells how long each of its answers took, in milliseconds.
 */

const [kind = '', host = '', portText = ''] = process.argv.slice(2);
const port = Number(portText);
let isStopped = false;

const STATUS = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'optimism_syncStatus',
  params: [],
});
const CONFIG = '{"jsonrpc":"2.0","id":1,"method":"optimism_rollupConfig"}';
const BODY_BYTES = 5_000_000;
const ASK_EVERY_MS = 10;
/** A plain caller gives up after this; the time counts as its answer's. */
const GIVE_UP_MS = 20_000;

const head = (length: number, ...more: readonly string[]): string =>
  ['POST / HTTP/1.1', 'Host: x', `Content-Length: ${length}`, 'Content-Type: application/json']
    .concat(more)
    .join('\r\n')
    .concat('\r\n\r\n');
const post = (body: string, ...more: readonly string[]): string =>
  head(body.length, ...more) + body;

/** A batch of one element again and again, of about so many bytes. */
function batchOf(element: string, bytes: number): string {
  return `[${Array(Math.floor(bytes / (element.length + 1)))
    .fill(element)
    .join(',')}]`;
}

async function open(): Promise<Socket | null> {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect').catch(() => null), once(socket, 'close')]);
  return socket.destroyed ? null : socket;
}

/** So many callers at a time, each of which begins again when it is done. */
async function callers(count: number, call: (socket: Socket, index: number) => Promise<unknown>) {
  const one = async (index: number): Promise<void> => {
    while (!isStopped) {
      const socket = await open();
      if (socket !== null) await call(socket, index);
      socket?.destroy();
      await sleep(ASK_EVERY_MS);
    }
  };
  await Promise.all(Array.from({ length: count }, (_, index) => one(index)));
}

const gone = (socket: Socket): Promise<unknown> =>
  socket.destroyed ? Promise.resolve() : once(socket, 'close').catch(() => null);

async function write(socket: Socket, bytes: string): Promise<void> {
  if (socket.destroyed || socket.write(bytes, 'latin1')) return;
  await Promise.race([once(socket, 'drain'), gone(socket)]).catch(() => null);
}

/** Sends a request, reads its answer or not, and says when there is one or the connection is gone. */
async function ask(socket: Socket, bytes: string): Promise<void> {
  socket.resume();
  await write(socket, bytes);
  await Promise.race([once(socket, 'data'), gone(socket)]).catch(() => null);
}

/** The same text for every caller that asks for it again. */
const kept = new Map<string, string>();
function keptText(name: string, make: () => string): string {
  const text = kept.get(name) ?? make();
  kept.set(name, text);
  return text;
}

/** Eight callers, each with its own of these bodies. */
function askInTurn(texts: readonly string[], body: (text: string) => string): Promise<unknown> {
  return callers(8, (socket, index) => {
    const text = texts[index % texts.length] ?? '';
    return ask(
      socket,
      keptText(text, () => post(body(text))),
    );
  });
}

const KINDS: Readonly<Record<string, () => Promise<unknown>>> = {
  plain: measurePlain,
  ...socketKinds({ callers, write, gone, isStopped: () => isStopped }),
  /** Large answers that nobody reads. */
  slowReaders: () =>
    callers(100, async (socket) => {
      socket.pause();
      await write(socket, post(batchOf(CONFIG, 15_000)));
      await write(socket, post(batchOf(CONFIG, 500_000)));
      await gone(socket);
    }),
  /** Bodies that come byte by byte, and large ones that stop before their end. */
  slowWriters: () =>
    callers(300, async (socket, index) => {
      await write(socket, head(BODY_BYTES));
      if (index % 10 === 0) await write(socket, ' '.repeat(BODY_BYTES - 1));
      while (!isStopped && !socket.destroyed) {
        await write(socket, ' ');
        await sleep(20);
      }
    }),
  headerFloods: () =>
    callers(20, (socket) =>
      ask(
        socket,
        keptText('', () => `POST / HTTP/1.1\r\n${'a:\r\n'.repeat(260_000)}Host: x\r\n\r\n`),
      ),
    ),
  pipelining: () =>
    callers(50, async (socket) => {
      socket.resume();
      const many = 'GET /healthz HTTP/1.1\r\nHost:x\r\n\r\n'.repeat(2_000);
      while (!isStopped && !socket.destroyed) await write(socket, many);
    }),
  /** Ends in the middle of a head or a body, and stays. */
  halfOpen: () =>
    callers(200, async (socket, index) => {
      socket.resume();
      const bytes = post(STATUS);
      socket.end(bytes.slice(0, bytes.length - (index % bytes.length)));
      await Promise.race([gone(socket), sleep(200)]);
    }),
  giantBatches: () => askInTurn(['1', CONFIG, '[]', STATUS], (text) => batchOf(text, BODY_BYTES)),
  deepNesting: () =>
    askInTurn(['[', '{"a":', '[[],', '"\\u0061'], (text) => {
      const nested = text.repeat(BODY_BYTES / text.length);
      return `{"jsonrpc":"2.0","id":1,"method":"rpc_modules","params":[${nested}`;
    }),
  /** Numbers, keys and texts that are costly to read where one is careless. */
  costlyTexts: () =>
    askInTurn(['9', '"jsonrpc":1,', '\\n'], (text) => {
      const long = text.repeat(BODY_BYTES / text.length - 10);
      if (text === '9') return `[${long}]`;
      return text === '\\n' ? `{"jsonrpc":"2.0","id":1,"method":"${long}"}` : `{${long}"id":1}`;
    }),
  contentTypes: () =>
    callers(8, (socket) => {
      const type = `Content-Type: application/json; a="${'\\('.repeat(30)}`;
      return ask(socket, `POST / HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 0\r\n\r\n`);
    }),
  /** Most say nothing, some say half of a head. */
  manyConnections: async () => {
    const sockets: Promise<Socket | null>[] = [];
    for (let i = 0; i < 10_000 && !isStopped; i++) {
      sockets.push(open());
      if (i % 100 === 99) await Promise.all(sockets);
    }
    for (const socket of (await Promise.all(sockets)).filter((_, i) => i % 3 === 0)) {
      socket?.write('POST / HTTP/1.1\r\nHost: x\r\n');
    }
    process.send?.(sockets.length);
    while (!isStopped) await sleep(ASK_EVERY_MS);
  },
};

async function measurePlain(): Promise<void> {
  const latenciesMs: number[] = [];
  while (!isStopped) {
    const askedMs = performance.now();
    await askPlain();
    latenciesMs.push(performance.now() - askedMs);
    await sleep(ASK_EVERY_MS);
  }
  process.send?.(latenciesMs);
}

const headers = { 'content-type': 'application/json', 'content-length': STATUS.length };

function askPlain(): Promise<void> {
  return new Promise((resolve) => {
    const call = request(
      { host, port, method: 'POST', headers, timeout: GIVE_UP_MS },
      (response) => {
        response.resume();
        response.once('close', resolve);
      },
    );
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve());
    call.end(STATUS);
  });
}

process.on('message', () => {
  isStopped = true;
});
process.on('disconnect', () => process.exit(0));
// What the callers themselves cost is not to slow down who is measured.
if (kind !== 'plain') setPriority(constants.priority.PRIORITY_LOW);
await KINDS[kind]?.();
process.disconnect?.();
