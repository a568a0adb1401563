import { describe, expect, it } from 'vitest';
import type { FollowStatus } from '../../../../src/follow/rules/followStatus.js';
import { checkStatusShape } from '../../../../src/follow/rules/statusRules.js';
import { ZERO_L2_REF } from '../../../../src/types/block.js';
import { at, refsOn, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF, TEST_ROLLUP } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 10);
const FORK = refsOn(GENESIS_REF, 10, 'fork');
const STARTING = { why: 'failed', reason: 'source is starting or resetting' };
const GOOD = statusOf(CHAIN, { safe: 5, localSafe: 7, finalized: 2 });

describe('checkStatusShape', () => {
  it.each<[string, Partial<FollowStatus>]>([
    ['ordered heads', {}],
    ['all heads on one block', { localSafe: at(CHAIN, 5), finalized: at(CHAIN, 5) }],
    ['an unknown finalized head', { finalized: ZERO_L2_REF }],
    [
      'genesis as every head',
      { localSafe: GENESIS_REF, safe: GENESIS_REF, finalized: GENESIS_REF },
    ],
  ])('takes %s', (_, change) => {
    expect(checkStatusShape({ ...GOOD, ...change }, TEST_ROLLUP.genesis)).toBeNull();
  });

  it('takes all-zero safe refs for a source that is starting, whatever it says of finalized', () => {
    const zero = { ...GOOD, localSafe: ZERO_L2_REF, safe: ZERO_L2_REF };
    expect(checkStatusShape(zero, TEST_ROLLUP.genesis)).toMatchObject(STARTING);
    const all = { ...zero, finalized: ZERO_L2_REF };
    expect(checkStatusShape(all, TEST_ROLLUP.genesis)).toMatchObject(STARTING);
  });

  it.each<[string, Partial<FollowStatus>]>([
    ['finalized head is ahead of safe head', { finalized: at(CHAIN, 6) }],
    ['finalized head is ahead of safe head', { finalized: at(FORK, 5) }],
    ['safe head is ahead of local safe head', { safe: at(CHAIN, 8) }],
    ['safe head is ahead of local safe head', { safe: at(FORK, 7) }],
    ['safe head is zero beside a local safe one', { safe: ZERO_L2_REF }],
    ['local safe head is zero beside a safe one', { localSafe: ZERO_L2_REF }],
    [
      'head at genesis height is not the genesis block',
      { finalized: { ...at(FORK, 1), number: 0n } },
    ],
  ])('calls it invalid: %s', (reason, change) => {
    const verdict = checkStatusShape({ ...GOOD, ...change }, TEST_ROLLUP.genesis);
    expect(verdict).toMatchObject({ why: 'refused', result: 'error_invalid_state', reason });
  });

  it('calls a head below the rollup genesis invalid', () => {
    const genesis = { ...TEST_ROLLUP.genesis, l2: { hash: at(CHAIN, 3).hash, number: 3n } };
    expect(checkStatusShape(GOOD, genesis)).toMatchObject({
      reason: 'head is below the rollup genesis',
    });
    const above = { ...GOOD, finalized: at(CHAIN, 3) };
    expect(checkStatusShape(above, genesis)).toBeNull();
  });
});
