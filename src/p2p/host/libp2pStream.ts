import type { PeerId, Stream } from '@libp2p/interface';
import { abortable } from '../../runtime/abort.js';
import type { Clock } from '../../runtime/clock.js';
import type { ByteStream } from '../reqresp/ports.js';
import { streamFailed } from '../reqresp/timed.js';
import { limited } from './limited.js';

/** Unread bytes at which the other side has to wait. */
const PAUSE_BYTES = 256 * 1024;
const CLOSE_LIMIT_MS = 5_000;

/** A libp2p stream as request-response wants it: read on demand, and the other side waits while nobody reads. */
export class Libp2pStream implements ByteStream {
  private readonly chunks: Uint8Array[] = [];
  private bytes = 0;
  private isEnded = false;
  private error: Error | null = null;
  private wake: (() => void) | null = null;

  constructor(
    private readonly stream: Stream,
    private readonly clock: Clock,
  ) {
    stream.addEventListener('message', ({ data }) => this.take(data.subarray()));
    stream.addEventListener('remoteCloseWrite', () => this.end(null));
    stream.addEventListener('close', (event) => this.end(event.error ?? null));
  }

  async read(signal: AbortSignal): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = this.chunks.shift();
      if (chunk !== undefined) {
        this.give(chunk.length);
        return chunk;
      }
      if (this.error !== null) throw streamFailed(this.error.message);
      if (this.isEnded) return null;
      await abortable<void>(signal, ({ resolve }) => {
        this.wake = () => resolve();
        return () => {
          this.wake = null;
        };
      });
    }
  }

  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    if (!this.stream.send(bytes)) await this.stream.onDrain({ signal });
  }

  async closeWrite(signal: AbortSignal): Promise<void> {
    await this.stream.close({ signal });
  }

  close(): void {
    const { stream } = this;
    if (stream.status !== 'open' && stream.status !== 'closing') return;
    const isWritten = stream.writeStatus === 'closed';
    if (isWritten && this.isEnded) return;
    if (isWritten) {
      // What the other side still sends is not read; it may take its time to see our end.
      const { signal } = new AbortController();
      const limit = { clock: this.clock, signal, limitMs: CLOSE_LIMIT_MS, doing: 'closing' };
      limited(limit, (inner) => stream.closeRead({ signal: inner })).catch(() =>
        stream.abort(new Error('stream is not closed')),
      );
      return;
    }
    stream.abort(new Error('stream is given up'));
  }

  private take(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes >= PAUSE_BYTES) this.stream.pause();
    this.wake?.();
  }

  private give(bytes: number): void {
    const wasFull = this.bytes >= PAUSE_BYTES;
    this.bytes -= bytes;
    if (wasFull && this.bytes < PAUSE_BYTES && this.stream.readStatus === 'paused') {
      this.stream.resume();
    }
  }

  private end(error: Error | null): void {
    this.isEnded = true;
    this.error ??= error;
    this.wake?.();
  }
}

/** Opens streams of one protocol. */
export interface StreamSource {
  dialProtocol(peer: PeerId, protocol: string, options: { signal: AbortSignal }): Promise<Stream>;
}
