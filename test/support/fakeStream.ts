import { Buffer } from 'node:buffer';
import type { ByteStream } from '../../src/p2p/reqresp/ports.js';
import { abortable } from '../../src/runtime/abort.js';

/** A stream whose other side sends fixed chunks, then ends or stalls. */
export class FakeStream implements ByteStream {
  private readonly incoming: Uint8Array[];
  private readonly sent: Uint8Array[] = [];
  isWriteClosed = false;
  closes = 0;

  constructor(
    chunks: readonly Uint8Array[],
    private readonly options: { readonly stalls?: boolean; readonly isStuckReader?: boolean } = {},
  ) {
    this.incoming = [...chunks];
  }

  async read(signal: AbortSignal): Promise<Uint8Array | null> {
    const next = this.incoming.shift();
    if (next !== undefined) return next;
    return this.options.stalls === true ? stalled(signal) : null;
  }

  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.options.isStuckReader === true) await stalled(signal);
    this.sent.push(bytes);
  }

  async closeWrite(): Promise<void> {
    this.isWriteClosed = true;
  }

  close(): void {
    this.closes += 1;
  }

  /** All that was written to it. */
  written(): Uint8Array {
    return Buffer.concat(this.sent);
  }
}

/** Waits until the signal fires. */
function stalled(signal: AbortSignal): Promise<never> {
  return abortable<never>(signal, () => () => undefined);
}
