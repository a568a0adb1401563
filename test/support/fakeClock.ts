import { abortable } from '../../src/runtime/abort.js';
import type { Clock } from '../../src/runtime/clock.js';
import { yieldToEventLoop } from '../../src/runtime/clock.js';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Default start of the fake time: 2024-01-01T00:00:00Z. */
const START_MS = 1_704_067_200_000;

/** Time that only moves when told to. Timers run in the order of their due time, then of their making. */
export class FakeClock implements Clock {
  private elapsedMs = 0;
  private made = 0;
  private readonly timers = new Set<Timer>();

  constructor(private readonly startMs: number = START_MS) {}

  nowMs(): number {
    return this.startMs + this.elapsedMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return abortable<void>(signal, ({ resolve }) => this.schedule(ms, () => resolve()));
  }

  schedule(ms: number, run: () => void): () => void {
    const timer = { dueMs: this.elapsedMs + Math.max(0, ms), order: this.made++, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Timers that have neither run nor been cancelled. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  /** Milliseconds until the next timer is due; null when there is none. */
  get nextTimerInMs(): number | null {
    const next = this.earliest();
    return next === undefined ? null : next.dueMs - this.elapsedMs;
  }

  /**
   * Moves the time on, stopping at each timer on the way, and lets everything that a timer woke run to its next wait
   * before the next timer. Work that is ready before the first timer runs first, also with `advance(0)`.
   */
  async advance(ms: number): Promise<void> {
    const until = this.elapsedMs + ms;
    await this.flush();
    for (let timer = this.earliest(); timer !== undefined; timer = this.earliest()) {
      if (timer.dueMs > until) break;
      this.timers.delete(timer);
      this.elapsedMs = timer.dueMs;
      timer.run();
      await this.flush();
    }
    this.elapsedMs = until;
  }

  /** Lets all promises that are ready run; the time stands still. */
  async flush(): Promise<void> {
    // Twice: work that yields to the event loop once is through as well.
    await yieldToEventLoop();
    await yieldToEventLoop();
  }

  private earliest(): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.timers) {
      const isEarlier =
        best === undefined ||
        timer.dueMs < best.dueMs ||
        (timer.dueMs === best.dueMs && timer.order < best.order);
      if (isEarlier) best = timer;
    }
    return best;
  }
}
