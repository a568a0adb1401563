import type { Fields } from '../../src/errors/nodeError.js';
import { LeveledLogger, type Logger, type LogLevel } from '../../src/telemetry/logger.js';

/** One recorded log line; `fields` include those of the child loggers. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Fields;
}

/** Records every line; children record into the same list. */
export class FakeLogger extends LeveledLogger {
  constructor(
    readonly lines: LogLine[] = [],
    private readonly bound: Fields = {},
  ) {
    super();
  }

  child(fields: Fields): Logger {
    return new FakeLogger(this.lines, { ...this.bound, ...fields });
  }

  /** The texts of all lines, of one level when given. */
  messages(level?: LogLevel): string[] {
    return this.lines.filter((l) => level === undefined || l.level === level).map((l) => l.message);
  }

  /** The lines with this text. */
  find(message: string): LogLine[] {
    return this.lines.filter((line) => line.message === message);
  }

  protected write(level: LogLevel, message: string, fields: Fields = {}): void {
    this.lines.push({ level, message, fields: { ...this.bound, ...fields } });
  }
}
