import { beforeEach, describe, expect, it } from 'vitest';
import { heldBranch } from '../../../../src/follow/rules/heldBranch.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import { FakeFollowEngine } from '../../../support/fakeFollowEngine.js';
import { at, refsOn, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF } from '../../../support/l2Chain.js';

const SIGNAL = new AbortController().signal;
const CHAIN = refsOn(GENESIS_REF, 30);
const SAFE = 20;
const FINALIZED = 8;

let engine: FakeFollowEngine;

beforeEach(() => {
  engine = new FakeFollowEngine();
  const heads = { safe: at(CHAIN, SAFE), finalized: at(CHAIN, FINALIZED) };
  engine.startAt(CHAIN, heads);
});

/** What our execution layer shows of a chain that leaves ours after `root`. */
async function shown(
  root: number,
  length: number,
  isHeld = true,
): Promise<Record<string, L2BlockRef | null>> {
  const fork = [...CHAIN.slice(0, root), ...refsOn(at(CHAIN, root), length, 'fork')];
  if (isHeld) engine.import(...fork);
  const status = statusOf(fork, { safe: fork.length });
  const found = await heldBranch(engine, { status, heads: engine.heads.get() }, SIGNAL);
  return Object.fromEntries([...found].map(([number, ref]) => [String(number), ref]));
}

describe('heldBranch', () => {
  it('shows a fork above the safe head to hold both of our heads', async () => {
    await expect(shown(24, 10)).resolves.toEqual({ 20: at(CHAIN, 20), 8: at(CHAIN, 8) });
  });

  it('shows what a fork below the safe head has in its place', async () => {
    const found = await shown(12, 15);
    expect(found['20']?.hash).not.toBe(at(CHAIN, 20).hash);
    expect(found['8']).toEqual(at(CHAIN, 8));
  });

  it('shows what a fork below the finalized head has in its place', async () => {
    const found = await shown(3, 20);
    expect(found['8']?.number).toBe(8n);
    expect(found['8']?.hash).not.toBe(at(CHAIN, 8).hash);
  });

  it('shows nothing of a chain that our execution layer does not have', async () => {
    await expect(shown(12, 15, false)).resolves.toEqual({});
  });

  it('gives up a walk that gets too long', async () => {
    await expect(shown(24, 600)).resolves.toEqual({});
  });
});
