import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { ServerOptions } from 'node:https';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** What a handler gets beside the raw request and response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The parsed body; undefined for a GET. */
  readonly body: unknown;
}

/** A real HTTP server on a free loopback port whose answers the test decides. */
export class RpcTestServer {
  connections = 0;
  /** Connections that have ended. */
  closed = 0;
  readonly exchanges: Exchange[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    public handle: (exchange: Exchange) => void,
    private readonly scheme: 'http' | 'https',
  ) {
    server.on('connection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('close', () => {
        this.closed += 1;
        this.sockets.delete(socket);
      });
    });
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('error', () => undefined);
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const exchange = { request, response, body: text === '' ? undefined : JSON.parse(text) };
        this.exchanges.push(exchange);
        this.handle(exchange);
      });
    });
  }

  /** @param tls makes it an HTTPS server. */
  static async start(
    handle: (exchange: Exchange) => void = echo,
    tls?: ServerOptions,
  ): Promise<RpcTestServer> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const self = new RpcTestServer(server, handle, tls === undefined ? 'http' : 'https');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return self;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params: unknown;
}

/** The result that `echo` gives to a call: its method and params. */
export function echoAnswer({ id, method, params }: Call): object {
  return { jsonrpc: '2.0', id, result: { method, params } };
}

/** Answers every call, single or in a batch, with its method and params. */
function echo({ response, body }: Exchange): void {
  sendJson(
    response,
    Array.isArray(body) ? body.map((one: Call) => echoAnswer(one)) : echoAnswer(body as Call),
  );
}

/** Sends a JSON body with status 200. */
export function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}
