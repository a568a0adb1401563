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
