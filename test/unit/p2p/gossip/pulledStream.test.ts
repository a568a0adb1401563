import type { Stream } from '@libp2p/interface';
import { describe, expect, it } from 'vitest';
import { pulled } from '../../../../src/p2p/gossip/pulledStream.js';

const KIBI = 1024;
const CHUNK_BYTES = 64 * KIBI;

/** A stream as the library has it: while it is paused it keeps what comes, and its sender has to wait. */
class FakeReadStream extends EventTarget {
  readStatus: 'readable' | 'paused' = 'readable';
  readonly kept: Uint8Array[] = [];

  /** The other side sends as long as it may. @returns how many chunks it got rid of. */
  flood(chunks: number): number {
    let sent = 0;
    for (; sent < chunks && this.readStatus === 'readable'; sent++) this.arrive(sent);
    return sent;
  }

  arrive(mark: number): void {
    this.kept.push(new Uint8Array(CHUNK_BYTES).fill(mark));
    if (this.readStatus === 'readable') this.flush();
  }

  pause(): void {
    this.readStatus = 'paused';
  }

  resume(): void {
    this.readStatus = 'readable';
    this.flush();
  }

  end(error?: Error): void {
    this.dispatchEvent(Object.assign(new Event('close'), { error }));
  }

  private flush(): void {
    for (const data of this.kept.splice(0)) {
      this.dispatchEvent(Object.assign(new Event('message'), { data }));
    }
  }
}

function reading(stream: FakeReadStream): AsyncIterator<Uint8Array> {
  const source = pulled(stream as unknown as Stream);
  return source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
}

describe('a stream of gossip that is read as fast as it is judged', () => {
  it('makes the sender wait at a quarter of a mebibyte that nobody has asked for', () => {
    const stream = new FakeReadStream();
    reading(stream);

    expect(stream.flood(1000) * CHUNK_BYTES).toBe(256 * KIBI);
    expect(stream.readStatus).toBe('paused');
  });

  it('gives all that came in its order, and lets the sender go on meanwhile', async () => {
    const stream = new FakeReadStream();
    const chunks = reading(stream);
    const marks: (number | undefined)[] = [];
    stream.flood(1000);
    // On its way when the sender was told to wait.
    stream.arrive(4);
    for (let index = 0; index < 5; index++) {
      const { value } = await chunks.next();
      marks.push((value as Uint8Array)[0]);
    }

    expect(marks).toEqual([0, 1, 2, 3, 4]);
    expect(stream.readStatus).toBe('readable');
  });

  it('ends with the stream, after what came before its end', async () => {
    const stream = new FakeReadStream();
    const chunks = reading(stream);
    stream.arrive(7);
    stream.end();

    expect(await chunks.next()).toMatchObject({ done: false });
    expect(await chunks.next()).toMatchObject({ done: true });
  });

  it('fails with what the stream was broken off with, also while it waits', async () => {
    const stream = new FakeReadStream();
    const chunks = reading(stream);
    const next = chunks.next();
    stream.end(new Error('reset'));

    await expect(next).rejects.toThrow('reset');
  });
});
