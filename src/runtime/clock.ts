import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { abortable } from './abort.js';

/** Time for the node. Everything that waits or reads the time takes a Clock, so tests own the time. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /** Monotonic milliseconds, for durations. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with ABORTED when the signal fires first. Removes its listener either way. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms`; the returned function cancels it. */
  schedule(ms: number, run: () => void): () => void;
}

/** Uniform in [0, 1). Injected so that tests are deterministic. */
export type Random = () => number;

/** Timers take a signed 32-bit count of milliseconds; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

const NS_PER_MS = 1e6;

/** What a histogram is not told one by one. */
const MAX_WAITING = 256;

/** How late timers were. */
class TimerLateness {
  private readonly late: RecordableHistogram = createHistogram();
  private readonly waiting: number[] = [];

  /** @param ms negative where the timer came early: it counts whole milliseconds. */
  record(ms: number): void {
    this.waiting.push(ms);
    if (this.waiting.length >= MAX_WAITING) this.hand();
  }

  /** All since the last call, in nanoseconds, for `read`; nothing is left afterwards. */
  take<T>(read: (late: RecordableHistogram) => T): T {
    this.hand();
    const taken = read(this.late);
    this.late.reset();
    return taken;
  }

  private hand(): void {
    for (const ms of this.waiting) this.late.record(Math.max(1, Math.round(ms * NS_PER_MS)));
    this.waiting.length = 0;
  }
}

/**
 * How late the timers of this thread were: how long its event loop was busy when they were due. To wake a node at rest for
 * nothing but to see this would be a sixth of what it does.
 */
export const TIMER_LATENESS = new TimerLateness();

/** The real time. The only place that reads the system's clocks and timers. */
export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return abortable<void>(signal, ({ resolve }) => this.schedule(ms, () => resolve()));
  }

  schedule(ms: number, run: () => void): () => void {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      const part = Math.min(left, MAX_TIMER_MS);
      const dueMs = performance.now() + part;
      timer = setTimeout(() => {
        TIMER_LATENESS.record(performance.now() - dueMs);
        if (left > part) arm(left - part);
        else run();
      }, part);
    };
    arm(ms);
    return () => clearTimeout(timer);
  }
}

/** Lets sockets and timers have their turn; a loop of resolved promises alone would starve them. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The instant in UTC as `2024-01-31T23:59:59.123Z`. @param ms Unix time in milliseconds */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** The instant as HTTP writes it, `Wed, 31 Jan 2024 23:59:59 GMT`. @param ms Unix time in milliseconds */
export function httpTime(ms: number): string {
  return new Date(ms).toUTCString();
}

/** Unix time in milliseconds of an instant as HTTP writes it; null for any other text. */
export function parseHttpTime(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || httpTime(ms) !== text ? null : ms;
}

/** The instant in UTC as `Sun Nov 22 10:03:33 UTC 2026`, the day of the month at least two wide. @param ms Unix time in milliseconds */
export function unixDate(ms: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(ms)
    .toUTCString()
    .split(' ');
  const padded = String(Number(day)).padStart(2);
  return `${weekday.slice(0, 3)} ${month} ${padded} ${time} UTC ${year}`;
}
