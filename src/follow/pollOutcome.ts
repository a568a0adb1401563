import type { Fields } from '../errors/nodeError.js';
import type { FollowTarget } from '../types/followTarget.js';

/**
 * How one poll ended; the `result` label of `follow_source_requests_total`. op-node's names where it has one.
 * `error_engine` is ours as well: the status was fine as far as it could be checked, but our own execution layer
 * failed or could not be reached. So are `refuted`: verification has found a block of that chain that L1 does not say, and
 * `stale`: the source does not say how things are now, and said nothing that it may still say.
 */
export const POLL_RESULTS = [
  'success',
  'error_fetch_status',
  'error_invalid_state',
  'error_l1_lookup',
  'error_l1_mismatch',
  'behind',
  'stale',
  'conflict',
  'finalized_conflict',
  'refuted',
  'error_engine',
] as const;

export type PollResult = (typeof POLL_RESULTS)[number];

/**
 * Who is behind a status that is not taken: `failed` the source did not answer usably, `refused` it said something
 * that cannot be, `behind` it is on our chain but lower, `stale` it said what is no longer, `waiting` our own side cannot
 * check it yet. The first two count towards failover at once, `behind` after a grace time, `stale` where there is a
 * fresher source, `waiting` never.
 */
export type HoldReason = 'failed' | 'refused' | 'behind' | 'stale' | 'waiting';

/** A poll that moves nothing. */
export interface Held {
  readonly kind: 'held';
  readonly why: HoldReason;
  readonly result: Exclude<PollResult, 'success'>;
  /** Fixed text for the log. */
  readonly reason: string;
  readonly fields: Fields;
}

/** Why an accepted status may replace what we hold; `none` where it only extends or repeats it. */
export type Replacement = 'none' | 'unsafeFork' | 'l1Reorg' | 'repeatedAnswer' | 'firstStatus';

/** A status that passed every check; what it asks of the engine is the target. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly target: FollowTarget;
  readonly replaces: Replacement;
  /** True when what is said of the chains shows that the target descends from our safe head. The engine decides. */
  readonly isDescentShown: boolean;
  /** True when our execution layer has the target's local safe block on its chain. */
  readonly isOnOurChain: boolean;
}

/**
 * What came of a status: the one outcome of a poll, from the source that is read over the rules and the engine to the
 * metric. Each of them passes on what it was given or puts a `Held` in its place.
 */
export type PollOutcome = Accepted | Held;

/** The metric's word for it. */
export function resultOf(outcome: PollOutcome): PollResult {
  return outcome.kind === 'accepted' ? 'success' : outcome.result;
}

export function held(
  why: HoldReason,
  result: Held['result'],
  reason: string,
  fields: Fields = {},
): Held {
  return { kind: 'held', why, result, reason, fields };
}
