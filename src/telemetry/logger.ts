import type { Fields } from '../errors/nodeError.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'crit';

/** What the parts of the node log with. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** Fixed text plus fields; values are never interpolated into the text. */
export interface Logger {
  trace(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  crit(message: string, fields?: Fields): void;
  /** A logger whose lines all carry these fields. */
  child(fields: Fields): Logger;
}

/** A logger all of whose levels go one way. */
export abstract class LeveledLogger implements Logger {
  trace(message: string, fields?: Fields): void {
    this.write('trace', message, fields);
  }
  debug(message: string, fields?: Fields): void {
    this.write('debug', message, fields);
  }
  info(message: string, fields?: Fields): void {
    this.write('info', message, fields);
  }
  warn(message: string, fields?: Fields): void {
    this.write('warn', message, fields);
  }
  error(message: string, fields?: Fields): void {
    this.write('error', message, fields);
  }
  crit(message: string, fields?: Fields): void {
    this.write('crit', message, fields);
  }

  abstract child(fields: Fields): Logger;

  protected abstract write(level: LogLevel, message: string, fields?: Fields): void;
}
