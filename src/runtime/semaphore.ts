import { abortable, throwIfAborted } from './abort.js';

/** At most `permits` holders at once; who waits is served first come, first served. */
export class Semaphore {
  private readonly waiting = new Set<() => void>();

  /** @param permits at least 1; Infinity never waits. */
  constructor(private permits: number) {}

  /**
   * Waits for a permit; the returned function gives it back, once however often it is called.
   * @throws NodeError ABORTED when the signal fires first.
   */
  async acquire(signal: AbortSignal): Promise<() => void> {
    throwIfAborted(signal);
    if (this.permits > 0) this.permits -= 1;
    else await this.granted(signal);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.release();
    };
  }

  private granted(signal: AbortSignal): Promise<void> {
    return abortable<void>(signal, ({ resolve }) => {
      const grant = (): void => resolve();
      this.waiting.add(grant);
      return () => this.waiting.delete(grant);
    });
  }

  /** Hands the permit to who waits longest, else keeps it. */
  private release(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.permits += 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
