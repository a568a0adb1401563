import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_BRANCH, walkBranch } from '../../../src/rollup/branch.js';
import type { L2BlockRef } from '../../../src/types/block.js';
import { FakeFollowEngine } from '../../support/fakeFollowEngine.js';
import { at, refsOn } from '../../support/followWorld.js';
import { GENESIS_REF } from '../../support/l2Chain.js';

const SIGNAL = new AbortController().signal;
const CHAIN = refsOn(GENESIS_REF, 30);
const FLOOR = 8n;

let engine: FakeFollowEngine;

beforeEach(() => {
  engine = new FakeFollowEngine();
  engine.startAt(CHAIN, { safe: at(CHAIN, 20), finalized: at(CHAIN, 8) });
});

/** A branch that leaves the chain after `root`, of that many blocks. */
function fork(root: number, length: number): readonly L2BlockRef[] {
  return refsOn(at(CHAIN, root), length, 'fork');
}

async function walked(branch: readonly L2BlockRef[]) {
  const tip = branch.at(-1);
  if (tip === undefined) throw new Error('no branch');
  return walkBranch(engine, tip, FLOOR, SIGNAL);
}

describe('walkBranch', () => {
  it('ends where the branch joins the canonical chain', async () => {
    const branch = fork(24, 10);
    engine.import(...branch);
    const { blocks, lowest, end } = await walked(branch);
    expect(end).toBe('joined');
    expect(lowest).toEqual(at(CHAIN, 24));
    expect([...blocks.values()].reverse()).toEqual([at(CHAIN, 24), ...branch]);
  });

  it('of a canonical block is over at once', async () => {
    const { blocks, end } = await walked(CHAIN);
    expect([blocks.size, end]).toEqual([1, 'joined']);
  });

  it('ends at the floor where the branch goes below it', async () => {
    const branch = fork(3, 20);
    engine.import(...branch);
    const { lowest, end } = await walked(branch);
    expect([lowest, end]).toEqual([branch[4], 'floor']);
  });

  it('ends above the block that is not held', async () => {
    const branch = fork(12, 15);
    engine.import(...branch.slice(3));
    const { lowest, end } = await walked(branch);
    expect([lowest, end]).toEqual([branch[3], 'missing']);
  });

  it('gives up a walk that gets too long', async () => {
    const branch = fork(24, MAX_BRANCH + 10);
    engine.import(...branch);
    const { blocks, end } = await walked(branch);
    expect([blocks.size, end]).toEqual([MAX_BRANCH, 'tooLong']);
  });
});
