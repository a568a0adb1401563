import type { IncomingMessage, ServerResponse } from 'node:http';
import { BODY_TIMEOUT, Gate } from '../../runtime/http/gate.js';
import { MAX_BODY_BYTES } from './httpRules.js';

/** What was read of a request body. */
export interface ReadBody {
  /** A byte string. */
  readonly text: string;
  /** True when the body goes on behind this: the rest is not read, so the connection cannot be used again. */
  readonly isCut: boolean;
  /** True when its time was up. */
  readonly isLate: boolean;
}

/**
 * Tells a caller that waits for it to send its body. Behind an answer that is not out yet this waits until it is: Node
 * would put the word behind the head of this request's own answer. Rejects when the caller breaks off.
 */
export async function askForBody(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (response.socket === null) {
    await new Promise<void>((resolve, reject) => {
      response.once('socket', () => resolve());
      request.once('close', () => reject(new Error('connection closed')));
    });
  }
  response.writeContinue();
}

/**
 * Reads a body up to go-ethereum's limit; like there, a longer one (of unknown length) is cut, not refused, and one that
 * takes too long is what came of it. What has come is told to the request's gate. Rejects when the caller breaks off.
 */
export function readBody(request: IncomingMessage): Promise<ReadBody> {
  const gate = Gate.of(request);
  return new Promise((resolve, reject) => {
    const bytes = new ByteCollector(Number(request.headers['content-length'] ?? 0));
    const stop = (isLate: boolean): void => {
      request.pause();
      request.removeAllListeners('data');
      gate.off(BODY_TIMEOUT, onTimeout);
      resolve({ text: bytes.text(MAX_BODY_BYTES), isCut: true, isLate });
    };
    const onTimeout = (): void => stop(true);
    gate.once(BODY_TIMEOUT, onTimeout);
    request.on('data', (chunk: Buffer) => {
      bytes.add(chunk);
      gate.holds(bytes.heldBytes);
      if (bytes.size > MAX_BODY_BYTES) stop(false);
    });
    request.once('end', () => {
      gate.off(BODY_TIMEOUT, onTimeout);
      resolve({ text: bytes.text(MAX_BODY_BYTES), isCut: false, isLate: false });
    });
    const fail = (error: Error): void => {
      gate.off(BODY_TIMEOUT, onTimeout);
      reject(error);
    };
    request.once('error', fail);
    request.once('close', () => fail(new Error('connection closed')));
  });
}

/** Who has sent so much is believed to send what was announced: room for all of it is made at once. */
const BELIEVED_BYTES = 64 * 1024;

/** Bytes in one piece of memory, however small the chunks are in which they come. */
class ByteCollector {
  private readonly announcedBytes: number;
  private bytes: Buffer = Buffer.alloc(0);
  private end = 0;

  /** @param announcedBytes how many will come; 0 where nobody said. */
  constructor(announcedBytes: number) {
    this.announcedBytes = announcedBytes;
  }

  get heldBytes(): number {
    return this.bytes.length;
  }

  get size(): number {
    return this.end;
  }

  add(chunk: Buffer): void {
    const end = this.end + chunk.length;
    if (end > this.bytes.length) {
      // No body is read beyond the limit by more than a chunk.
      const doubled = Math.min(2 * this.bytes.length, MAX_BODY_BYTES + chunk.length);
      const room = end < BELIEVED_BYTES ? doubled : Math.max(doubled, this.announcedBytes);
      const larger = Buffer.allocUnsafe(Math.max(end, room));
      this.bytes.copy(larger, 0, 0, this.end);
      this.bytes = larger;
    }
    chunk.copy(this.bytes, this.end);
    this.end = end;
  }

  text(maxBytes: number): string {
    return this.bytes.toString('latin1', 0, Math.min(this.end, maxBytes));
  }
}

/** Bodies that nobody wants are read up to here, so that the sender is done and sees its answer. */
const MAX_DISCARD_BYTES = 4 * MAX_BODY_BYTES;

/** Waits until an unwanted body has arrived; false where it is not worth waiting for. Never rejects. */
export function discardBody(request: IncomingMessage): Promise<boolean> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_DISCARD_BYTES)
    return Promise.resolve(false);
  const gate = Gate.of(request);
  return new Promise((resolve) => {
    let size = 0;
    const done = (): void => {
      gate.off(BODY_TIMEOUT, done);
      resolve(size <= MAX_DISCARD_BYTES);
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_DISCARD_BYTES) done();
    });
    for (const event of ['end', 'error', 'close']) request.once(event, done);
    gate.once(BODY_TIMEOUT, done);
  });
}
