import type { Clock } from '../clock.js';

/**
 * The one time limit that a connection is under. Moving it further away, as every request does, costs next to nothing:
 * the timer is left as it is and looks again when it fires.
 */
export class Deadline {
  private readonly clock: Clock;
  private readonly onDue: () => void;
  private dueMs = Number.POSITIVE_INFINITY;
  private armedMs = Number.POSITIVE_INFINITY;
  private cancel: () => void = () => undefined;

  constructor(clock: Clock, onDue: () => void) {
    this.clock = clock;
    this.onDue = onDue;
  }

  /** Due so many milliseconds from now, whatever was set before. */
  set(ms: number): void {
    this.dueMs = this.clock.monotonicMs() + ms;
    if (this.dueMs < this.armedMs) this.arm();
  }

  clear(): void {
    this.cancel();
    this.dueMs = Number.POSITIVE_INFINITY;
    this.armedMs = Number.POSITIVE_INFINITY;
  }

  private arm(): void {
    this.cancel();
    this.armedMs = this.dueMs;
    this.cancel = this.clock.schedule(this.dueMs - this.clock.monotonicMs(), () => {
      this.armedMs = Number.POSITIVE_INFINITY;
      if (this.clock.monotonicMs() < this.dueMs) this.arm();
      else this.onDue();
    });
  }
}
