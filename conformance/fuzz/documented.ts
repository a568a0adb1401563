import type { Both } from './fuzzRun.js';
import type { FuzzCase } from './httpRequests.js';

/** A difference that `docs/differences.md` gives the reason of. */
export interface Documented {
  readonly name: string;
  readonly holds: (sent: FuzzCase, answers: Both) => boolean;
}

const DOCUMENTED: readonly Documented[] = [];

/** The documented difference that these answers show; null where there is none. */
export function documentedOf(sent: FuzzCase, answers: Both): Documented | null {
  return DOCUMENTED.find(({ holds }) => holds(sent, answers)) ?? null;
}
