import { createServer, type Server, type Socket } from 'node:net';

/** A connection that a client opened. */
export interface Heard {
  readonly socket: Socket;
  /** The paths that were asked for over it. */
  readonly asked: string[];
  isEnded: boolean;
}

/** A server of HTTP that says what it is told to, byte for byte, to each request that begins. */
export class RawHttpServer {
  static readonly OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  /** Every connection so far. */
  readonly heard: Heard[] = [];
  answer: (socket: Socket) => void = (socket) => void socket.write(RawHttpServer.OK);
  /** Is told what comes in. */
  listen: (text: string) => void = () => undefined;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((socket) => this.onConnection(socket));
  }

  static async start(): Promise<RawHttpServer> {
    const started = new RawHttpServer();
    await new Promise<void>((resolve) => started.server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.heard) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private onConnection(socket: Socket): void {
    const heard: Heard = { socket, asked: [], isEnded: false };
    this.heard.push(heard);
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      this.listen(text);
      const path = /^(?:GET|POST) (\S+)/.exec(text)?.[1];
      if (path === undefined) return;
      heard.asked.push(path);
      this.answer(socket);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      heard.isEnded = true;
    });
  }
}
