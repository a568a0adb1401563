import type { Clock } from '../runtime/clock.js';

/** A wait that a later event may end or replace. By monotonic time: setting the system's clock does not change it. */
export class Pause {
  private untilMs = 0;

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /** From now on; replaces the one before. */
  hold(ms: number): void {
    this.untilMs = this.clock.monotonicMs() + ms;
  }

  end(): void {
    this.untilMs = 0;
  }

  /** 0 or less: no pause. */
  get leftMs(): number {
    return this.untilMs - this.clock.monotonicMs();
  }
}
