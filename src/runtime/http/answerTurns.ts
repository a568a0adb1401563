import { yieldToEventLoop } from '../clock.js';

/** Of requests that are answered in one turn of the event loop: some forty single calls, or five usual batches. */
const BYTES_PER_TURN = 8 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly answer: () => void;
}

/**
 * Bounds what is answered in one turn of the event loop; what is too much is answered in the next ones, in the order in
 * which it came. A turn reads from every socket that has something, and takes one new connection: where some hundred
 * callers ask all the time, new ones would wait for seconds.
 */
export class AnswerTurns {
  private left = BYTES_PER_TURN;
  private waiting: Waiting[] = [];

  /** @param bytes of a request. @returns false where it has to wait for another turn. */
  take(bytes: number): boolean {
    if (this.left <= 0) return false;
    this.left -= bytes;
    if (this.left <= 0) void this.begin();
    return true;
  }

  /** To be called where `take` has said no. @param answer called once. */
  later(bytes: number, answer: () => void): void {
    this.waiting.push({ bytes, answer });
  }

  /** The next turn. */
  private async begin(): Promise<void> {
    await yieldToEventLoop();
    this.left = BYTES_PER_TURN;
    const taken = this.waiting.findIndex(({ bytes }) => !this.take(bytes));
    const now = this.waiting.splice(0, taken < 0 ? this.waiting.length : taken);
    for (const { answer } of now) answer();
  }
}
