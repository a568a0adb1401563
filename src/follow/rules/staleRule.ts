import type { Fields } from '../../errors/nodeError.js';
import { sameBlock } from '../../types/block.js';
import type { EngineHeads } from '../../types/engineHeads.js';
import type { FollowTarget } from '../../types/followTarget.js';
import type { PollOutcome } from '../pollOutcome.js';
import { held } from '../pollOutcome.js';

/** Why a status tells how things were rather than how they are. */
export interface Staleness {
  /** Fixed text for the log. */
  readonly reason: string;
  readonly fields: Fields;
}

/**
 * What a stale status is good for: it may extend our safe chain, where it shows that it does, and replaces nothing. One
 * that says nothing new is held, so that following does not look well while it stands still.
 */
export function asFarAsFresh(
  outcome: PollOutcome,
  stale: Staleness | null,
  heads: EngineHeads,
): PollOutcome {
  if (stale === null || outcome.kind === 'held') return outcome;
  const { target, replaces, isDescentShown } = outcome;
  const isExtending = replaces === 'none' && isDescentShown;
  return isExtending && bringsNews(target, heads)
    ? outcome
    : held('stale', 'stale', stale.reason, stale.fields);
}

function bringsNews(target: FollowTarget, heads: EngineHeads): boolean {
  const { localSafe, safe, finalized, currentL1 } = target;
  const isSame =
    sameBlock(localSafe, heads.localSafe) &&
    sameBlock(safe, heads.safe) &&
    (finalized === null || sameBlock(finalized, heads.finalized)) &&
    (currentL1 === null || sameBlock(currentL1, heads.currentL1));
  return !isSame;
}
