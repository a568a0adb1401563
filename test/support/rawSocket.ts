import { connect, type Socket } from 'node:net';

/** A TCP connection that says exactly what it is told to. */
export class RawSocket {
  private text = '';
  private isClosed = false;
  private wake: () => void = () => {};

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static async open(addr: string): Promise<RawSocket> {
    const [host, port] = addr.split(':');
    const socket = connect(Number(port), host);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawSocket(socket);
  }

  send(bytes: string): void {
    this.socket.write(Buffer.from(bytes, 'latin1'));
  }

  /** Half-closes: nothing more will be sent. */
  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Takes what has arrived once it contains `marker`, up to its end. @throws Error when the connection closes before. */
  async until(marker: string): Promise<string> {
    for (;;) {
      const at = this.text.indexOf(marker);
      if (at >= 0) {
        const end = at + marker.length;
        const taken = this.text.slice(0, end);
        this.text = this.text.slice(end);
        return taken;
      }
      if (this.isClosed) throw new Error(`closed with ${JSON.stringify(this.text)}`);
      await this.change();
    }
  }

  /** So many bytes, once they have arrived. @throws Error when the connection closes before. */
  async take(length: number): Promise<string> {
    while (this.text.length < length) {
      if (this.isClosed) throw new Error(`closed with ${this.text.length} bytes`);
      await this.change();
    }
    const taken = this.text.slice(0, length);
    this.text = this.text.slice(length);
    return taken;
  }

  /** False once the other side has closed. */
  get isOpen(): boolean {
    return !this.isClosed;
  }

  /** Everything until the other side has closed. */
  async rest(): Promise<string> {
    while (!this.isClosed) await this.change();
    return this.text;
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

/** A plain JSON-RPC request; further header lines go in front of the body. */
export function httpPost(body: string, ...headers: string[]): string {
  const lines = [
    'POST / HTTP/1.1',
    'Host: x',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
