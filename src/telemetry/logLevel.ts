import type { LogLevel } from './logger.js';

/** All levels, the most detailed first. */
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'crit'];

/** The short names that op-node takes beside the full ones. */
const SHORT_NAMES: Readonly<Record<string, LogLevel>> = {
  trce: 'trace',
  dbug: 'debug',
  eror: 'error',
};

/** The level of a name in any case, op-node's short names included; null for any other text. */
export function parseLogLevel(name: string): LogLevel | null {
  const lower = name.toLowerCase();
  return LOG_LEVELS.find((level) => level === lower) ?? SHORT_NAMES[lower] ?? null;
}
