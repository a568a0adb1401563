import type { Fields } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import { LeveledLogger, type Logger, type LogLevel } from '../../telemetry/logger.js';
import type { P2pLogLine } from '../p2pService.js';

/** Lines a second; peers must not be able to fill the log, nor to keep the other thread busy with it. */
const MAX_LINES = 100;
const SECOND_MS = 1_000;

export interface RemoteLoggerDeps {
  /** Gives a line to the thread that writes. Never throws. */
  readonly send: (line: P2pLogLine) => void;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** The logger of a thread that has none: lines are sent to the one that has, so many a second at most. */
export class RemoteLogger extends LeveledLogger {
  private readonly budget: { sinceMs: number; lines: number; dropped: number };

  constructor(
    private readonly deps: RemoteLoggerDeps,
    private readonly bound: Fields = {},
    budget?: { sinceMs: number; lines: number; dropped: number },
  ) {
    super();
    this.budget = budget ?? { sinceMs: deps.clock.monotonicMs(), lines: 0, dropped: 0 };
  }

  child(fields: Fields): Logger {
    return new RemoteLogger(this.deps, { ...this.bound, ...fields }, this.budget);
  }

  /** Nobody reads traces of another thread, and no fault there ends the node: it is the other's to say so. */
  protected write(level: LogLevel, message: string, fields: Fields = {}): void {
    if (level === 'trace' || !this.mayWrite()) return;
    this.deps.send({
      level: level === 'crit' ? 'error' : level,
      message,
      fields: cloneable({ ...this.bound, ...fields }),
    });
  }

  private mayWrite(): boolean {
    const { budget, deps } = this;
    const now = deps.clock.monotonicMs();
    if (now - budget.sinceMs >= SECOND_MS) {
      const { dropped } = budget;
      Object.assign(budget, { sinceMs: now, lines: 0, dropped: 0 });
      if (dropped > 0) {
        deps.send({ level: 'warn', message: 'Too many lines about peers', fields: { dropped } });
      }
    }
    budget.lines += 1;
    if (budget.lines > MAX_LINES) budget.dropped += 1;
    return budget.lines <= MAX_LINES;
  }
}

/** Errors as their texts: what libraries throw cannot always cross threads. */
function cloneable(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? value.message : value,
    ]),
  );
}
