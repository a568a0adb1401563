import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { echoAnswer } from './rpcTestServer.js';

/** A real WebSocket server on a loopback port whose answers the test decides. */
export class WsTestServer {
  readonly upgrades: IncomingMessage[] = [];
  readonly messages: unknown[] = [];

  private constructor(
    private readonly server: WebSocketServer,
    public handle: (socket: WebSocket, message: unknown) => void,
  ) {
    server.on('connection', (socket, request) => {
      this.upgrades.push(request);
      socket.on('error', () => undefined);
      socket.on('message', (data) => {
        const message: unknown = JSON.parse(String(data));
        this.messages.push(message);
        this.handle(socket, message);
      });
    });
  }

  /** @param port 0 for a free one. */
  static async start(
    handle: (socket: WebSocket, message: unknown) => void = wsEcho,
    port = 0,
  ): Promise<WsTestServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port, autoPong: true });
    const self = new WsTestServer(server, handle);
    await new Promise<void>((resolve) => server.once('listening', resolve));
    return self;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get sockets(): WebSocket[] {
    return [...this.server.clients];
  }

  /** Ends all connections without a closing handshake; the server keeps listening. */
  breakAll(): void {
    for (const socket of this.server.clients) socket.terminate();
  }

  async stop(): Promise<void> {
    this.breakAll();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Answers every call, single or in a batch, with its method and params. */
export function wsEcho(socket: WebSocket, message: unknown): void {
  const answer = Array.isArray(message)
    ? message.map((one) => echoAnswer(one))
    : echoAnswer(message as never);
  socket.send(JSON.stringify(answer));
}
