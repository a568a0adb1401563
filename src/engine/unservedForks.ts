import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { ForkMethods } from './engineMethods.js';
import { scheduledMethods } from './engineMethods.js';

/** A scheduled fork that an execution client lacks methods of. */
export interface UnservedFork extends Omit<ForkMethods, 'wanted'> {
  readonly lacks: readonly string[];
}

/**
 * The scheduled forks, in order, that an execution client with these methods does not serve whole.
 * @param methods full names; null where it does not tell, and then none.
 */
export function unservedForks(
  rollup: Pick<RollupConfig, 'forks'>,
  methods: ReadonlySet<string> | null,
): readonly UnservedFork[] {
  if (methods === null) return [];
  return scheduledMethods(rollup)
    .map(({ fork, time, wanted, instead }) => ({
      ...{ fork, time, lacks: wanted.filter((name) => !methods.has(name)) },
      instead: instead !== null && methods.has(instead) ? instead : null,
    }))
    .filter(({ lacks }) => lacks.length > 0);
}
