import type { IncomingMessage } from 'node:http';
import { MAX_BODY_BYTES } from './httpRules.js';

/** What was read of a request body. */
export interface ReadBody {
  /** A byte string. */
  readonly text: string;
  /** True when the body goes on behind the limit: the rest is not read, so the connection cannot be used again. */
  readonly isCut: boolean;
}

/**
 * Reads a body up to go-ethereum's limit; like there, a longer one (of unknown length) is cut, not refused.
 * Rejects when the caller breaks off.
 */
export function readBody(request: IncomingMessage): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (isCut: boolean): void => {
      const whole =
        chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
      resolve({ text: whole.toString('latin1', 0, MAX_BODY_BYTES), isCut });
    };
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) return;
      request.pause();
      request.removeAllListeners('data');
      settle(true);
    });
    request.once('end', () => settle(false));
    request.once('error', reject);
    request.once('close', () => reject(new Error('connection closed')));
  });
}

/** Bodies that nobody wants are read up to here, so that the sender is done and sees its answer. */
const MAX_DISCARD_BYTES = 4 * MAX_BODY_BYTES;

/** Waits until an unwanted body has arrived, or is not worth waiting for. Never rejects. */
export function discardBody(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_DISCARD_BYTES) resolve();
    });
    for (const event of ['end', 'error', 'close']) request.once(event, () => resolve());
  });
}
