import { throwIfAborted } from './abort.js';
import { yieldToEventLoop } from './clock.js';

/**
 * One line for all long work of a kind: each turn of the event loop one piece of it goes on, in the order in which it
 * was asked for. However many wait, what else the process does is held up by one piece at a time.
 */
export class Turns {
  private readonly waiting = new Set<() => void>();
  private isRunning = false;

  /** Resolves when it is the caller's turn, for one piece of work: a millisecond at most. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.add(resolve);
      if (!this.isRunning) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    for (;;) {
      await yieldToEventLoop();
      const [first] = this.waiting;
      if (first === undefined) break;
      this.waiting.delete(first);
      first();
    }
    this.isRunning = false;
  }
}

/** The one line of a thread: blocks that are decoded side by side would add up to one long turn. */
const LONG_COMPUTATIONS = new Turns();

/** Between two slices of a long computation: waits for its turn. @throws NodeError ABORTED when the signal has fired by then. */
export async function nextTurn(signal: AbortSignal): Promise<void> {
  await LONG_COMPUTATIONS.next();
  throwIfAborted(signal);
}
