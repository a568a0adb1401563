import { describe, expect, it } from 'vitest';
import { derivedWorld } from '../../devnet/deriveRig.js';
import { BadBatches } from '../support/badBatches.js';
import { expectSameChain } from '../support/expectSameChain.js';

/** Of those that op-reth leaves out of its block, and of those that it never builds a block with. */
const LEFT_OUT = ['a nonce too high', 'another chain id', 'no funds'];
const NEVER_BUILT = ['gas over that of a block', 'text', 'r of zero'];
/** Alone and between good ones, before and from Holocene on. */
const TIMES = 4;

describe('batches with transactions that no block can have', () => {
  it('give the same chain on every kind of engine', async () => {
    const world = derivedWorld('forks');
    const batches = new BadBatches(world, [...LEFT_OUT, ...NEVER_BUILT]);
    const [geth, ...others] = await expectSameChain(world, batches);
    expect(geth).toEqual({ kind: 'op-geth', leftOut: 0, neverBuilt: 0 });
    expect(others.length).toBeGreaterThan(0);
    for (const other of others) {
      const [leftOut, neverBuilt] = [LEFT_OUT.length * TIMES, NEVER_BUILT.length * TIMES];
      expect(other).toMatchObject({ leftOut, neverBuilt });
    }
  });
});
