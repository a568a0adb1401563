import { anyOf } from '../runtime/anyOf.js';
import type { Clock } from '../runtime/clock.js';

/** Longest wait of our own blocks for the first word of L1. */
const LIMIT_MS = 10_000;

/**
 * The moment at which L1 has said who may sign blocks. Our own blocks are judged as those of peers are: one that is
 * published before that is lost to them.
 */
export class FirstSigner {
  private reach = (): void => undefined;
  private readonly reached: Promise<void>;

  constructor(private readonly clock: Clock) {
    this.reached = new Promise((resolve) => {
      this.reach = resolve;
    });
  }

  /** L1 has said it. */
  known(): void {
    this.reach();
  }

  /** True when it is known, at once or meanwhile; false when the wait is over without. @throws NodeError ABORTED */
  wait(signal: AbortSignal): Promise<boolean> {
    return anyOf(
      [() => this.reached.then(() => true), (s) => this.clock.sleep(LIMIT_MS, s).then(() => false)],
      signal,
    );
  }
}
