import type { LogLevel } from './logger.js';

/** All levels, the most detailed first. */
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'crit'];

/** The short names that op-node takes beside the full ones; its `op-service/log/cli.go` LevelFromString. */
const SHORT_NAMES: ReadonlyMap<string, LogLevel> = new Map([
  ['trce', 'trace'],
  ['dbug', 'debug'],
  ['eror', 'error'],
]);

/** The level of a name in any case, op-node's short names included; null for any other text. */
export function parseLogLevel(name: string): LogLevel | null {
  const lower = lowerCase(name);
  return LOG_LEVELS.find((level) => level === lower) ?? SHORT_NAMES.get(lower) ?? null;
}

/** Small letters as Go makes them: JavaScript makes two characters of a dotted I, and looks around a sigma. */
export function lowerCase(text: string): string {
  return text.replaceAll('\u0130', 'i').replaceAll('\u03a3', '\u03c3').toLowerCase();
}
