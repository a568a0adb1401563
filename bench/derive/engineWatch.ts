import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** A call of the Engine API as it passed; times are milliseconds of the machine's monotonic clock. */
export interface WatchedCall {
  /** Of a batch, its first. */
  readonly method: string;
  readonly askedMs: number;
  readonly answeredMs: number;
}

const NS_PER_MS = 1e6;
/** More than a request's head and the beginning of its body. */
const HEAD_BYTES = 4_096;
const METHOD = /"method":\s?"(\w{1,64})"/;

/**
 * Passes the bytes between a node and its execution client on, unread but for the method's name, in a thread of its own:
 * what else the bench does delays no call, and watching costs next to nothing. It takes one call at a time on each
 * connection, as HTTP/1.1 clients send them.
 */
export class EngineWatch {
  private constructor(
    private readonly worker: Worker,
    readonly url: string,
  ) {}

  static async start(upstream: string): Promise<EngineWatch> {
    const worker = new Worker(new URL(import.meta.url), { workerData: upstream });
    const [url] = (await once(worker, 'message')) as [string];
    return new EngineWatch(worker, url);
  }

  /** The calls so far that have been answered, in the order of asking. */
  async calls(): Promise<readonly WatchedCall[]> {
    this.worker.postMessage('calls');
    const [calls] = (await once(this.worker, 'message')) as [readonly WatchedCall[]];
    return calls;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

/** One connection: an answer has ended when the next call begins, or when somebody asks. */
class WatchedConnection {
  private asked = '';
  private askedMs = 0;
  private answeredMs = 0;

  constructor(
    client: Socket,
    engine: Socket,
    private readonly calls: WatchedCall[],
  ) {
    client.on('data', (chunk: Buffer) => this.onAsked(chunk));
    engine.on('data', () => {
      this.answeredMs = monotonicMs();
    });
    client.pipe(engine);
    engine.pipe(client);
    for (const socket of [client, engine]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        engine.destroy();
      });
    }
  }

  /** Keeps the call whose answer has come. */
  settle(): void {
    const { asked, askedMs, answeredMs } = this;
    if (answeredMs === 0) return;
    const method = METHOD.exec(asked)?.[1];
    if (method !== undefined) this.calls.push({ method, askedMs, answeredMs });
    this.asked = '';
    this.answeredMs = 0;
  }

  private onAsked(chunk: Buffer): void {
    this.settle();
    this.askedMs = monotonicMs();
    if (!METHOD.test(this.asked)) this.asked += chunk.toString('latin1', 0, HEAD_BYTES);
  }
}

const monotonicMs = (): number => Number(process.hrtime.bigint()) / NS_PER_MS;

async function watch(upstream: string, port: NonNullable<typeof parentPort>): Promise<void> {
  const calls: WatchedCall[] = [];
  const connections: WatchedConnection[] = [];
  const { hostname: host, port: engine } = new URL(upstream);
  const server = createServer({ noDelay: true }, (client) => {
    const there = connect({ host, port: Number(engine), noDelay: true });
    connections.push(new WatchedConnection(client, there, calls));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port.on('message', () => {
    for (const connection of connections) connection.settle();
    port.postMessage(calls.toSorted((a, b) => a.askedMs - b.askedMs));
  });
  port.postMessage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

if (!isMainThread && parentPort !== null) await watch(workerData as string, parentPort);
