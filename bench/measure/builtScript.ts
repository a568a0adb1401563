import { join } from 'node:path';
import { projectRoot } from '../../devnet/projectRoot.js';

/** The built script of a bench that runs as a process of its own, also for tests, which run from the sources. */
export function builtScript(...path: readonly string[]): string {
  return join(projectRoot(), 'dist', 'bench', ...path);
}
