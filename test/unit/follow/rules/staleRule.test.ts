import { describe, expect, it } from 'vitest';
import type { Accepted } from '../../../../src/follow/pollOutcome.js';
import { held } from '../../../../src/follow/pollOutcome.js';
import { asFarAsFresh } from '../../../../src/follow/rules/staleRule.js';
import { UNKNOWN_HEADS } from '../../../../src/types/engineHeads.js';
import type { FollowTarget } from '../../../../src/types/followTarget.js';
import { at, refsOn } from '../../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 10);
const STALE = { reason: 'old', fields: { sourceL1: 1 } };
const HELD = { kind: 'held', why: 'stale', result: 'stale', reason: 'old', fields: STALE.fields };
const HEADS = {
  ...UNKNOWN_HEADS,
  ...{ unsafe: at(CHAIN, 9), localSafe: at(CHAIN, 6), safe: at(CHAIN, 5) },
  ...{ finalized: at(CHAIN, 3), currentL1: l1Block(4n) },
};
const SAME: FollowTarget = {
  ...{ localSafe: at(CHAIN, 6), safe: at(CHAIN, 5), finalized: at(CHAIN, 3) },
  ...{ currentL1: l1Block(4n), mayReplaceSafe: false },
};

function accepted(target: FollowTarget, more: Partial<Accepted> = {}): Accepted {
  const shown = { isDescentShown: true, isOnOurChain: true };
  return { kind: 'accepted', target, replaces: 'none', ...shown, ...more };
}

describe('a stale status', () => {
  it.each<[string, Partial<FollowTarget>]>([
    ['local safe', { localSafe: at(CHAIN, 7) }],
    ['safe', { safe: at(CHAIN, 6) }],
    ['finalized', { finalized: at(CHAIN, 4) }],
    ['current_l1', { currentL1: l1Block(5n) }],
  ])('is taken where it brings another %s on our chain', (_, part) => {
    const outcome = accepted({ ...SAME, ...part });
    expect(asFarAsFresh(outcome, STALE, HEADS)).toBe(outcome);
  });

  it.each<[string, Accepted]>([
    ['says nothing new', accepted(SAME)],
    ['leaves out what it does not know', accepted({ ...SAME, finalized: null, currentL1: null })],
    ['does not show that it holds our safe head', accepted(SAME, { isDescentShown: false })],
    ...(['unsafeFork', 'l1Reorg', 'repeatedAnswer', 'firstStatus'] as const).map(
      (replaces): [string, Accepted] => [
        `would replace blocks of ours (${replaces})`,
        accepted({ ...SAME, localSafe: at(CHAIN, 7) }, { replaces }),
      ],
    ),
  ])('is held where it %s', (_, outcome) => {
    expect(asFarAsFresh(outcome, STALE, HEADS)).toEqual(HELD);
  });

  it('stays what else it was found to be', () => {
    const behind = held('behind', 'behind', 'lower');
    expect(asFarAsFresh(behind, STALE, HEADS)).toBe(behind);
  });

  it('is no matter for a fresh one', () => {
    const outcome = accepted(SAME, { replaces: 'unsafeFork' });
    expect(asFarAsFresh(outcome, null, HEADS)).toBe(outcome);
  });
});
