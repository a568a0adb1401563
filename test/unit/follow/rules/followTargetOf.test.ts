import { describe, expect, it } from 'vitest';
import type { TargetInput } from '../../../../src/follow/rules/followTargetOf.js';
import { followTargetOf } from '../../../../src/follow/rules/followTargetOf.js';
import { UNKNOWN_HEADS } from '../../../../src/types/engineHeads.js';
import { at, refsOn, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 30);
const HEADS = {
  ...UNKNOWN_HEADS,
  finalized: at(CHAIN, 8),
  isFinalizedProven: true,
  currentL1: l1Block(50n),
};
const INPUT: TargetInput = {
  status: statusOf(CHAIN, { safe: 20, localSafe: 22, finalized: 9 }),
  heads: HEADS,
  currentL1: l1Block(51n),
  isOurCurrentL1Gone: false,
  mayReplaceSafe: false,
};

describe('followTargetOf', () => {
  it('takes all heads of the status', () => {
    expect(followTargetOf(INPUT)).toEqual({
      localSafe: at(CHAIN, 22),
      safe: at(CHAIN, 20),
      finalized: at(CHAIN, 9),
      currentL1: l1Block(51n),
      mayReplaceSafe: false,
    });
  });

  it.each([
    ['an equal one, which it confirms', 8, {}, 8],
    ['no lower one', 7, {}, null],
    ['no lower one in a replacement either', 7, { mayReplaceSafe: true }, null],
    [
      'no lower one while ours is merely unproven',
      7,
      { heads: { ...HEADS, isFinalizedProven: false } },
      null,
    ],
    [
      'a lower one in a replacement while ours is unproven',
      7,
      { mayReplaceSafe: true, heads: { ...HEADS, isFinalizedProven: false } },
      7,
    ],
  ])('takes of finalized heads %s', (_, finalized, change, taken) => {
    const status = statusOf(CHAIN, { safe: 20, finalized });
    const target = followTargetOf({ ...INPUT, status, ...change });
    expect(target.finalized).toEqual(taken === null ? null : at(CHAIN, taken));
  });

  it.each([
    ['a higher one', l1Block(51n), false, l1Block(51n)],
    ['the same', l1Block(50n), false, l1Block(50n)],
    [
      'another of the same height, which our L1 confirmed',
      l1Block(50n, 'b'),
      false,
      l1Block(50n, 'b'),
    ],
    ['no lower one', l1Block(49n), false, null],
    ['a lower one once ours is gone', l1Block(49n), true, l1Block(49n)],
    ['none where there is none', null, true, null],
  ])('takes of current_l1 %s', (_, currentL1, isOurCurrentL1Gone, taken) => {
    const target = followTargetOf({ ...INPUT, currentL1, isOurCurrentL1Gone });
    expect(target.currentL1).toEqual(taken);
  });
});
