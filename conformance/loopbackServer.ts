import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FaultBox, FaultKind } from './faults.js';
import { idOf } from './jsonRpc.js';
import { bodyOf, closeServer, listenOnLoopback } from './loopback.js';

const HUGE_CHARS = 64 * 1024 * 1024;

export interface HttpCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpReply {
  readonly status: number;
  readonly value: unknown;
}

export interface LoopbackOptions {
  /** Answers every call but `/control`; a throw breaks the connection off. */
  readonly answer: (call: HttpCall) => HttpReply | Promise<HttpReply>;
  /** Answers `/control`: the parsed body of a POST, undefined for a GET. */
  readonly control: (command: unknown) => unknown;
  readonly faults: FaultBox;
}

/** A small HTTP server on 127.0.0.1 that can go wrong on demand, go down and come back on the same port. */
export class LoopbackServer {
  readonly #options: LoopbackOptions;
  #server: Server;
  #port = 0;
  #requests = 0;

  constructor(options: LoopbackOptions) {
    this.#options = options;
    this.#server = this.#make();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Calls so far but those to `/control`, answered or not. */
  get requests(): number {
    return this.#requests;
  }

  /** The present server, for protocols on the same port; a new one after each `listen`. */
  get http(): Server {
    return this.#server;
  }

  /** Binds the port: a free one the first time (or the given), the same one later. */
  async listen(port = 0): Promise<void> {
    if (this.#server.listening) return;
    this.#server = this.#make();
    await listenOnLoopback(this.#server, this.#port || port);
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Stops listening and breaks off all connections. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await closeServer(this.#server);
  }

  #make(): Server {
    return createServer((request, response) => {
      bodyOf(request)
        .then((body) => this.#serve(request, response, body.toString('utf8')))
        .catch(() => response.destroy());
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? '/', this.url);
    const method = request.method ?? 'GET';
    if (url.pathname === '/control') {
      const command: unknown = method === 'POST' ? JSON.parse(body || '{}') : undefined;
      send(response, 200, this.#options.control(command));
      return;
    }
    this.#requests += 1;
    const reply = async () => {
      const { headers } = request;
      const { status, value } = await this.#options.answer({ method, url, headers, body });
      send(response, status, value);
    };
    const fault = this.#options.faults.take(`${url.pathname} ${body}`);
    const tryReply = () => void reply().catch(() => response.destroy());
    if (fault === null) tryReply();
    else misbehave({ response, body, reply: tryReply, ...fault });
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  if (response.destroyed) return;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

interface Misbehaviour {
  readonly kind: FaultKind;
  readonly ms: number;
  readonly response: ServerResponse;
  readonly body: string;
  readonly reply: () => void;
}

function misbehave({ kind, ms, response, body, reply }: Misbehaviour): void {
  const actions: Record<FaultKind, () => void> = {
    http404: () => send(response, 404, { code: 404, message: 'not found' }),
    noData: () => send(response, 200, { data: [] }),
    http500: () => send(response, 500, 'injected'),
    rpcError: () =>
      send(response, 200, {
        jsonrpc: '2.0',
        id: idOf(body),
        error: { code: -32000, message: 'injected fault' },
      }),
    hang: () => void setTimeout(() => response.destroy(), ms).unref(),
    close: () => void response.destroy(),
    garbage: () => send(response, 200, '<html>not json</html>'),
    slow: () => void setTimeout(reply, ms).unref(),
    trickle: () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), ms).unref();
      response.once('close', () => clearInterval(timer));
    },
    truncated: () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"jsonrpc":"2.0","id":1,"result":{"current_l1":{"has');
    },
    huge: () =>
      send(response, 200, `{"jsonrpc":"2.0","id":1,"result":"${'x'.repeat(HUGE_CHARS)}"}`),
  };
  actions[kind]();
}
