import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../measure/percentile.js';
import { AnswerReader, LastHead } from './answerReader.js';

/** So long it may take until each kept connection has had an answer: some of op-node's take seconds. */
const ALL_ANSWERED_SECONDS = 5;
const LOOK_AGAIN_SECONDS = 0.01;

/** As much as Node.js reads at a time. */
const READ_BYTES = 64 * 1024;

/** Requests to one server: each connection asks again as soon as it has its whole answer. */
export interface HttpLoad {
  readonly url: string;
  /** Bodies of the requests, asked in turn. */
  readonly bodies: readonly string[];
  readonly connections: number;
  /** Asks each time on a new connection, which is closed behind the answer. */
  readonly isReconnecting: boolean;
  /** Takes compressed answers. */
  readonly takesGzip: boolean;
  /** How long is measured, and how long before that is not. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** What one load came to. */
export interface LoadResult {
  readonly answers: number;
  readonly perSec: number;
  /** From the request, or from the beginning of its new connection, to the end of the answer. */
  readonly p99Ms: number;
}

/**
 * Puts load on a server from plain sockets: requests are made beforehand, and of an answer is read where it ends, so that
 * most of what a small machine can do is left to the server.
 * @param onEdge called where what is measured begins, and where it ends.
 * @throws Error when a connection fails or an answer is not of status 200: times would say nothing.
 */
export async function fireHttp(load: HttpLoad, onEdge: () => void): Promise<LoadResult> {
  const run = new LoadRun(load);
  try {
    await run.untilAllAnswered();
    await run.goOn(load.warmUpSeconds);
    onEdge();
    const result = await run.measure(load.seconds);
    onEdge();
    return result;
  } finally {
    run.stop();
  }
}

/** A connection that waits for its answer. */
interface Asker {
  readonly socket: Socket;
  readonly reader: AnswerReader;
  askedMs: number;
  hasAnswer: boolean;
}

class LoadRun {
  private readonly load: HttpLoad;
  private readonly requests: readonly Buffer[];
  private readonly where: { readonly host: string; readonly port: number };
  private readonly askers = new Set<Asker>();
  private readonly lastHead = new LastHead();
  /** All connections read into it: what one has read is looked at before the next one reads. */
  private readonly bytes = Buffer.alloc(READ_BYTES);
  private readonly failed = new AbortController();
  private latenciesMs: number[] = [];
  private asked = 0;
  /** Kept connections that have had an answer. */
  private answeredOnce = 0;
  private isStopped = false;

  constructor(load: HttpLoad) {
    this.load = load;
    const { hostname, port, host } = new URL(load.url);
    this.where = { host: hostname, port: Number(port) };
    const takes = load.takesGzip ? 'Accept-Encoding: gzip\r\n' : '';
    this.requests = load.bodies.map((body) =>
      Buffer.from(
        `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${takes}` +
          `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      ),
    );
    for (let i = 0; i < load.connections; i++) this.open();
  }

  /** What is measured of kept connections is to be that of all of them. @throws Error as `goOn`. */
  async untilAllAnswered(): Promise<void> {
    if (this.load.isReconnecting) return;
    const endMs = performance.now() + ALL_ANSWERED_SECONDS * 1000;
    while (this.answeredOnce < this.load.connections && performance.now() < endMs) {
      await this.goOn(LOOK_AGAIN_SECONDS);
    }
  }

  /** Lets it run. @throws Error as soon as a request fails. */
  async goOn(seconds: number): Promise<void> {
    const { signal } = this.failed;
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }

  async measure(seconds: number): Promise<LoadResult> {
    this.latenciesMs = [];
    const startedMs = performance.now();
    await this.goOn(seconds);
    const nowMs = performance.now();
    const answers = this.latenciesMs.length;
    // Whoever still waits has waited so long at least: a server that answers few must not look quick.
    const waitingMs = [...this.askers].map(({ askedMs }) => nowMs - askedMs);
    return {
      answers,
      perSec: (answers / (nowMs - startedMs)) * 1000,
      p99Ms: percentile([...this.latenciesMs, ...waitingMs], 0.99),
    };
  }

  stop(): void {
    this.isStopped = true;
    for (const { socket } of this.askers) socket.destroy();
  }

  private open(): void {
    const callback = (length: number): boolean => {
      if (this.isWhole(asker, length)) this.answered(asker);
      return true;
    };
    const socket = connect({
      ...{ ...this.where, noDelay: true },
      onread: { buffer: this.bytes, callback },
    });
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => {
      if (this.askers.has(asker)) this.fail(new Error('the server closed a connection'));
    });
    const asker = { socket, reader: new AnswerReader(this.lastHead), askedMs: 0, hasAnswer: false };
    this.askers.add(asker);
    this.ask(asker, performance.now());
  }

  private ask(asker: Asker, nowMs: number): void {
    const request = this.requests[this.asked % this.requests.length];
    this.asked += 1;
    asker.askedMs = nowMs;
    asker.socket.write(request ?? '');
  }

  private answered(asker: Asker): void {
    const nowMs = performance.now();
    this.latenciesMs.push(nowMs - asker.askedMs);
    if (!this.load.isReconnecting) {
      if (!asker.hasAnswer) this.answeredOnce += 1;
      asker.hasAnswer = true;
      this.ask(asker, nowMs);
      return;
    }
    this.askers.delete(asker);
    asker.socket.end();
    if (!this.isStopped) this.open();
  }

  private isWhole({ reader }: Asker, length: number): boolean {
    try {
      return reader.take(this.bytes, length);
    } catch (thrown) {
      this.fail(thrown);
      return false;
    }
  }

  private fail(why: unknown): void {
    if (!this.isStopped) this.failed.abort(why);
  }
}
