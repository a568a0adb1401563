import type { Fields } from '../../errors/nodeError.js';
import type { FollowTarget } from '../../types/followTarget.js';
import type { PollResult } from '../pollResult.js';

/**
 * Who is behind a status that is not taken: `failed` the source did not answer usably, `refused` it said something
 * that cannot be, `behind` it is on our chain but lower, `waiting` our own side cannot check it yet.
 * The first two count towards failover at once, `behind` after a grace time, `waiting` never.
 */
export type HoldKind = 'failed' | 'refused' | 'behind' | 'waiting';

/** A status that moves nothing. */
export interface HoldVerdict {
  readonly kind: 'hold';
  readonly why: HoldKind;
  readonly result: Exclude<PollResult, 'success'>;
  /** Fixed text for the log. */
  readonly reason: string;
  readonly fields: Fields;
}

/** Why an accepted status may replace what we hold; `none` where it only extends or repeats it. */
export type Replacement = 'none' | 'unsafeFork' | 'l1Reorg' | 'repeatedAnswer' | 'firstStatus';

/** A status that passed every check. */
export interface AcceptVerdict {
  readonly kind: 'accept';
  readonly target: FollowTarget;
  readonly replaces: Replacement;
  /** True when it is certain, not only unrefuted, that the target descends from our safe head. */
  readonly isDescentProven: boolean;
  /** True when our execution layer has the target's local safe block on its chain. */
  readonly isOnOurChain: boolean;
}

export type StatusVerdict = AcceptVerdict | HoldVerdict;

/** A verdict of `hold`. */
export function hold(
  why: HoldKind,
  result: HoldVerdict['result'],
  reason: string,
  fields: Fields = {},
): HoldVerdict {
  return { kind: 'hold', why, result, reason, fields };
}
