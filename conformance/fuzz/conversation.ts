import { connect, type Socket } from 'node:net';
import { headerOf, type ReadAnswers, readAnswers } from './httpAnswers.js';
import type { FuzzCase } from './httpRequests.js';

/** However long a server goes on answering. */
const MAX_MS = 20_000;

/** All that a server answered on one connection. */
export interface Heard extends ReadAnswers {
  /** Whether it closed the connection. */
  readonly isClosed: boolean;
}

/**
 * Sends the same bytes to both servers, each on a connection of its own, and hears them out: until both have closed, or
 * have answered every request that was whole and said that they stay, or both have been silent for `quietMs`.
 */
export async function converse(
  urls: readonly [string, string],
  sent: FuzzCase,
  quietMs: number,
): Promise<readonly [Heard, Heard]> {
  const [one, other] = urls;
  const sides = [new Side(one, sent), new Side(other, sent)] as const;
  await new Promise<void>((resolve) => {
    const timer = { quiet: setTimeout(resolve, MAX_MS), most: setTimeout(resolve, MAX_MS) };
    const onNews = () => {
      clearTimeout(timer.quiet);
      if (sides.every((side) => side.isSettled)) resolve();
      else timer.quiet = setTimeout(resolve, quietMs);
    };
    for (const side of sides) side.onNews = onNews;
  });
  return [sides[0].close(), sides[1].close()];
}

class Side {
  onNews: () => void = () => {};
  private readonly socket: Socket;
  private readonly sent: FuzzCase;
  private readonly chunks: Buffer[] = [];
  private isClosed = false;

  constructor(url: string, sent: FuzzCase) {
    const { hostname, port } = new URL(url);
    this.sent = sent;
    // A server's end does not end our side: that would tell the server that nobody waits.
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    this.socket.setNoDelay(true);
    this.socket.on('connect', () => this.onNews());
    this.socket.on('data', (chunk) => {
      this.chunks.push(chunk);
      this.onNews();
    });
    for (const event of ['end', 'close'] as const) this.socket.on(event, () => this.ended());
    // A reset is an end; one may meet what we are still sending.
    this.socket.on('error', () => this.ended());
    this.socket.write(Buffer.from(sent.bytes, 'latin1'));
  }

  get isSettled(): boolean {
    if (this.isClosed) return true;
    if (!this.sent.isWhole) return false;
    const { answers, rest } = this.read();
    const finals = answers.filter(({ status }) => !/ 1\d\d /.test(`${status} `));
    const last = finals.at(-1);
    const stays = last !== undefined && headerOf(last.headers, 'connection') !== 'close';
    return stays && !last.status.startsWith('HTTP/1.0') && rest === '' && this.isAll(finals.length);
  }

  /** What came, once nothing more is awaited. */
  close(): Heard {
    this.onNews = () => {};
    const heard = { ...this.read(), isClosed: this.isClosed };
    // No connection is left waiting for its last packets: there are too many of them.
    this.socket.resetAndDestroy();
    return heard;
  }

  private isAll(count: number): boolean {
    return count >= this.sent.methods.length;
  }

  private read(): ReadAnswers {
    const received = Buffer.concat(this.chunks).toString('latin1');
    return readAnswers(received, this.sent.methods, this.isClosed);
  }

  private ended(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onNews();
  }
}
