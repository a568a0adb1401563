import type { gossipsub } from '@libp2p/gossipsub';
import type { Stream } from '@libp2p/interface';

/** Unread bytes at which the other side has to wait. */
const PAUSE_BYTES = 256 * 1024;

type Chunk = Parameters<Stream['push']>[0];
/** What gossipsub does with a stream that it reads. */
type ReadStream = Pick<Stream, 'close' | 'abort'> & AsyncIterable<Chunk>;
type Registrar = Parameters<ReturnType<typeof gossipsub>>[0]['registrar'];
/** What gossipsub asks of the registrar. */
type GossipRegistrar = Pick<Registrar, 'handle' | 'unhandle' | 'register' | 'unregister'>;

/**
 * The registrar with every stream of peers read as fast as its messages are judged: gossipsub itself takes into memory
 * whatever comes while it judges, and a stream tells its sender to go on whether or not anybody reads.
 */
export function pullingRegistrar(registrar: GossipRegistrar): Registrar {
  const pulling: GossipRegistrar = {
    handle: (protocol, handler, options) =>
      registrar.handle(
        protocol,
        (stream, connection) => handler(pulled(stream) as unknown as Stream, connection),
        options,
      ),
    unhandle: (protocol, options) => registrar.unhandle(protocol, options),
    register: (protocol, topology, options) => registrar.register(protocol, topology, options),
    unregister: (id) => registrar.unregister(id),
  };
  return pulling as Registrar;
}

/** A stream that gives what came when it is asked for it, and makes the other side wait meanwhile. */
export function pulled(stream: Stream): ReadStream {
  const unread = new Unread(stream);
  return {
    close: (options) => stream.close(options),
    abort: (error) => stream.abort(error),
    [Symbol.asyncIterator]: () => unread.all(),
  };
}

/** What has come and was not asked for yet. */
class Unread {
  private readonly chunks: Chunk[] = [];
  private bytes = 0;
  private isEnded = false;
  private error: Error | undefined;
  private wake: () => void = () => undefined;

  constructor(private readonly stream: Stream) {
    stream.addEventListener('message', ({ data }) => this.take(data));
    stream.addEventListener('remoteCloseWrite', () => this.end());
    stream.addEventListener('close', ({ error }) => this.end(error));
  }

  /** Until the other side ends it. @throws what the stream was broken off with. */
  async *all(): AsyncGenerator<Chunk, void> {
    for (;;) {
      const chunk = this.chunks.shift();
      if (chunk !== undefined) {
        this.give(chunk.byteLength);
        yield chunk;
      } else if (this.isEnded) {
        if (this.error !== undefined) throw this.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }

  private take(chunk: Chunk): void {
    this.chunks.push(chunk);
    this.bytes += chunk.byteLength;
    if (this.bytes >= PAUSE_BYTES && this.stream.readStatus === 'readable') this.stream.pause();
    this.wake();
  }

  private give(bytes: number): void {
    this.bytes -= bytes;
    if (this.bytes < PAUSE_BYTES && this.stream.readStatus === 'paused') this.stream.resume();
  }

  private end(error?: Error): void {
    this.isEnded = true;
    this.error ??= error;
    this.wake();
  }
}
