import { once } from 'node:events';
import type { Socket } from 'node:net';

/** What a caller of `hostileCaller.ts` does with its connection. */
export interface SocketCaller {
  /** So many at a time, each of which begins again when it is done. */
  readonly callers: (
    count: number,
    call: (socket: Socket, index: number) => Promise<unknown>,
  ) => Promise<unknown>;
  /** Waits while the peer does not read. */
  readonly write: (socket: Socket, bytes: string) => Promise<void>;
  readonly gone: (socket: Socket) => Promise<unknown>;
  readonly isStopped: () => boolean;
}

const UPGRADE = [
  'GET / HTTP/1.1',
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${'A'.repeat(22)}==`,
]
  .join('\r\n')
  .concat('\r\n\r\n');
const NO_MASK = '\0\0\0\0';
const PING = `\x89\x80${NO_MASK}`;
const EMPTY_MESSAGE = `\x81\x80${NO_MASK}`;
const BEGIN = `\x01\x81${NO_MASK}1`;
const GO_ON = `\x00\x81${NO_MASK}1`;
const HALF_OF_A_LARGE_ONE = `\x81\xff\0\0\0\0\0\x40\0\0${NO_MASK}${'1'.repeat(2_000_000)}`;

function message(text: string): string {
  const length = String.fromCharCode(text.length >> 8, text.length & 0xff);
  return `\x81\xfe${length}${NO_MASK}${text}`;
}

const call = (method: string, params: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"${method}","params":[${params}]}`;
const SUBSCRIBE = message(call('optimism_subscribe', `"syncStatus"${' '.repeat(100)}`));
const CONFIGS = message(`[${Array(600).fill(call('optimism_rollupConfig', '')).join(',')}]`);

/** Hostile WebSockets, by kind. */
export function socketKinds(
  caller: SocketCaller,
): Readonly<Record<string, () => Promise<unknown>>> {
  const { callers, write, gone, isStopped } = caller;
  /** The same bytes again and again, of which the answers are read or not. */
  const floods = (count: number, bytes: string, reads: boolean) =>
    callers(count, async (socket) => {
      if (reads) socket.resume();
      else socket.pause();
      await write(socket, UPGRADE);
      while (!isStopped() && !socket.destroyed) await write(socket, bytes);
    });
  return {
    /** Messages in parts of one byte that never end. */
    wsFragments: () =>
      callers(500, async (socket) => {
        socket.resume();
        await write(socket, UPGRADE + BEGIN + GO_ON.repeat(16_000));
        await gone(socket);
      }),
    /** Large messages that stop in the middle. */
    wsHalfMessages: () =>
      callers(300, async (socket) => {
        socket.resume();
        await write(socket, UPGRADE + HALF_OF_A_LARGE_ONE);
        await gone(socket);
      }),
    /** Pings whose answers nobody reads. */
    wsPings: () => floods(50, PING.repeat(10_000), false),
    wsEmptyMessages: () => floods(20, EMPTY_MESSAGE.repeat(10_000), true),
    /** Large answers and events that nobody reads. */
    wsSlowReaders: () => floods(200, SUBSCRIBE + CONFIGS, false),
    /** Come, say one thing, and are gone. */
    wsComeAndGo: () =>
      callers(100, async (socket) => {
        socket.resume();
        await write(socket, UPGRADE + SUBSCRIBE);
        await Promise.race([once(socket, 'data'), gone(socket)]).catch(() => null);
      }),
  };
}
