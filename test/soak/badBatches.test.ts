import { describe, expect, it } from 'vitest';
import { derivedWorld } from '../../devnet/deriveRig.js';
import { BadBatches } from '../support/badBatches.js';
import { expectSameChain } from '../support/expectSameChain.js';

/** Alone and between good ones, before and from Holocene on. */
const TIMES = 4;

describe('batches with every kind of transaction that no block can have', () => {
  it('give the same chain on every kind of engine', async () => {
    const world = derivedWorld('forks');
    const [geth, ...others] = await expectSameChain(world, new BadBatches(world, null));
    // op-geth breaks at a blob transaction, and refuses all others.
    expect(geth).toEqual({ kind: 'op-geth', leftOut: 0, neverBuilt: TIMES });
    for (const other of others) {
      expect(other).toMatchObject({ leftOut: 8 * TIMES, neverBuilt: 19 * TIMES });
    }
  });
});
