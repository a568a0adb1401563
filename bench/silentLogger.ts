import type { Logger } from '../src/telemetry/logger.js';

/** For parts of the node that are measured without their log. */
export const SILENT: Logger = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  crit: () => {},
  child: () => SILENT,
};
