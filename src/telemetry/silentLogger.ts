import type { Logger } from './logger.js';

/** For parts of the node that are measured, or looked at, without their log. */
export const SILENT: Logger = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  crit: () => {},
  child: () => SILENT,
};
