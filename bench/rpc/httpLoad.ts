import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../measure/percentile.js';
import { AnswerReader } from './answerReader.js';

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
    await run.goOn(load.warmUpSeconds);
    onEdge();
    const result = await run.measure(load.seconds);
    onEdge();
    return result;
  } finally {
    run.stop();
  }
}

class LoadRun {
  private readonly load: HttpLoad;
  private readonly requests: readonly Buffer[];
  private readonly where: { readonly host: string; readonly port: number };
  /** When each connection asked last. */
  private readonly askedMs = new Map<Socket, number>();
  private readonly failed = new AbortController();
  private latenciesMs: number[] = [];
  private asked = 0;
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

  /** Lets it run. @throws Error as soon as a request fails. */
  async goOn(seconds: number): Promise<void> {
    const { signal } = this.failed;
    signal.throwIfAborted();
    await Promise.race([sleep(seconds * 1000), once(signal, 'abort')]);
    signal.throwIfAborted();
  }

  async measure(seconds: number): Promise<LoadResult> {
    this.latenciesMs = [];
    const startedMs = performance.now();
    await this.goOn(seconds);
    const nowMs = performance.now();
    const answers = this.latenciesMs.length;
    // Whoever still waits has waited so long at least: a server that answers few must not look quick.
    const waitingMs = [...this.askedMs.values()].map((askedMs) => nowMs - askedMs);
    return {
      answers,
      perSec: (answers / (nowMs - startedMs)) * 1000,
      p99Ms: percentile([...this.latenciesMs, ...waitingMs], 0.99),
    };
  }

  stop(): void {
    this.isStopped = true;
    for (const socket of this.askedMs.keys()) socket.destroy();
  }

  private open(): void {
    const socket = connect({ ...this.where, noDelay: true });
    const reader = new AnswerReader();
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => {
      if (this.askedMs.has(socket)) this.fail(new Error('the server closed a connection'));
    });
    socket.on('data', (chunk: Buffer) => {
      if (this.isWhole(reader, chunk)) this.answered(socket);
    });
    this.ask(socket);
  }

  private ask(socket: Socket): void {
    const request = this.requests[this.asked % this.requests.length];
    this.asked += 1;
    this.askedMs.set(socket, performance.now());
    socket.write(request ?? '');
  }

  private answered(socket: Socket): void {
    this.latenciesMs.push(performance.now() - (this.askedMs.get(socket) ?? 0));
    if (!this.load.isReconnecting) {
      this.ask(socket);
      return;
    }
    this.askedMs.delete(socket);
    socket.end();
    if (!this.isStopped) this.open();
  }

  private isWhole(reader: AnswerReader, chunk: Buffer): boolean {
    try {
      return reader.take(chunk);
    } catch (thrown) {
      this.fail(thrown);
      return false;
    }
  }

  private fail(why: unknown): void {
    if (!this.isStopped) this.failed.abort(why);
  }
}
