import { WebSocket } from 'ws';

/** A client of a WebSocket server that keeps what it is sent until it is taken. */
export class WsClient {
  private readonly texts: string[] = [];
  private wake: () => void = () => {};
  private code: number | null = null;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.texts.push(String(data));
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('close', (code) => {
      this.code = code;
      this.wake();
    });
  }

  /** @param url http or ws. @throws Error when it is not opened. */
  static async open(url: string, options: WebSocket.ClientOptions = {}): Promise<WsClient> {
    const socket = new WebSocket(url.replace('http', 'ws'), options);
    const client = new WsClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  get isOpen(): boolean {
    return this.code === null;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Calls a method. @returns the whole next message. */
  async call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    this.send({ jsonrpc: '2.0', id: 1, method, params });
    return JSON.parse(await this.text());
  }

  /** The next message as it came. @throws Error when the connection has ended. */
  async text(): Promise<string> {
    for (;;) {
      const text = this.texts.shift();
      if (text !== undefined) return text;
      if (this.code !== null) throw new Error(`closed with ${this.code}`);
      await this.change();
    }
  }

  /** The next message. */
  async next(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  /** Messages that came and were not taken. */
  get pending(): number {
    return this.texts.length;
  }

  /** The code that it was closed with, once it was. */
  async closed(): Promise<number> {
    while (this.code === null) await this.change();
    return this.code;
  }

  end(): void {
    this.socket.terminate();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
