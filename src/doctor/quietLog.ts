import type { Fields } from '../errors/nodeError.js';
import { LeveledLogger, type Logger, type LogLevel } from '../telemetry/logger.js';

/** Takes lines of the node's parts, which the doctor says in its own words; a hook may look at them. */
export class QuietLog extends LeveledLogger {
  constructor(
    private readonly onLine: (message: string, fields: Fields) => void = () => undefined,
  ) {
    super();
  }

  child(): Logger {
    return this;
  }

  protected write(_level: LogLevel, message: string, fields: Fields = {}): void {
    this.onLine(message, fields);
  }
}
