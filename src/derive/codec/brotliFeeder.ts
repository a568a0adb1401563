import { Buffer } from 'node:buffer';
import { createBrotliDecompress } from 'node:zlib';

/** Why a decoder takes no more input. */
export type FeedStop = 'enough' | 'fault' | 'inputBehindEnd';

/** Of Node's streams: where the native decoder writes. Not public, but nothing else shows what a fault drops. */
interface Internals {
  readonly _outBuffer?: Uint8Array;
  readonly _outOffset?: number;
}

/** A native brotli decoder on another thread that gets its input in pieces and shows what output there is after each. */
export class BrotliFeeder {
  /** Of the output so far. */
  length = 0;
  private readonly decoder;
  private readonly maxLength: number;
  private readonly chunks: Uint8Array[] = [];
  private fed = 0;
  private filler: number | null = null;
  private isFaulty = false;
  private settle: () => void = () => {};

  /** @param maxLength of output that is enough: decoding stops there or a little later. */
  constructor(chunkSize: number, maxLength: number) {
    this.maxLength = maxLength;
    // With so low a mark the decoder waits at the end of each chunk until that is read.
    const options = { chunkSize, highWaterMark: 1 };
    this.decoder = createBrotliDecompress(options);
    this.decoder.on('readable', () => this.drain());
    this.decoder.once('error', () => {
      this.isFaulty = true;
    });
    // Input behind the end of the stream is never acknowledged: the output just ends.
    this.decoder.once('end', () => this.settle());
    this.decoder.once('close', () => this.settle());
  }

  /** @returns null when the decoder took all of it and wants more; to be called again only then. */
  async feed(piece: Uint8Array): Promise<FeedStop | null> {
    await new Promise<void>((resolve) => {
      this.settle = resolve;
      this.decoder.write(piece, () => resolve());
    });
    this.drain();
    this.fed += piece.length;
    const stop = this.stopReason();
    if (stop !== null) this.close();
    return stop;
  }

  /** All output so far. */
  bytes(): Uint8Array {
    return Buffer.concat(this.chunks);
  }

  /** The unused rest of the current chunk. A call that ends in a fault may have written to it. */
  room(): Uint8Array {
    const { _outBuffer, _outOffset } = this.decoder as Internals;
    return _outBuffer?.subarray(_outOffset) ?? new Uint8Array(0);
  }

  /** From now on the decoder finds only these bytes where it writes. */
  fillRooms(filler: number): void {
    this.filler = filler;
    this.room().fill(filler);
  }

  close(): void {
    this.decoder.destroy();
  }

  private stopReason(): FeedStop | null {
    if (this.isFaulty) return 'fault';
    if (this.length >= this.maxLength) return 'enough';
    return this.decoder.bytesWritten < this.fed ? 'inputBehindEnd' : null;
  }

  /** Once a piece is acknowledged the stream holds all of its output. */
  private drain(): void {
    for (;;) {
      // While there is something to read the decoder does nothing; reading lets it go on.
      if (this.filler !== null && this.decoder.readableLength > 0) this.room().fill(this.filler);
      const chunk = this.decoder.read() as Uint8Array | null;
      if (chunk === null) return;
      this.chunks.push(chunk);
      this.length += chunk.length;
      if (this.length >= this.maxLength) this.close();
    }
  }
}
