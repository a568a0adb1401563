import { describe, expect, it } from 'vitest';
import { at, FollowWorld, refsOn, SOURCE_DOWN, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 30);
const FORK = [...CHAIN.slice(0, 12), ...refsOn(at(CHAIN, 12), 18, 'fork')];
const OTHER = [...CHAIN.slice(0, 12), ...refsOn(at(CHAIN, 12), 18, 'other')];

async function settled(): Promise<FollowWorld> {
  const world = new FollowWorld({ hasL1: false });
  world.engine.startAt(CHAIN.slice(0, 20), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
  world.engine.import(...FORK, ...OTHER);
  world.source().status = statusOf(CHAIN, { safe: 15, finalized: 5 });
  await world.poll();
  return world;
}

describe('following without an L1', () => {
  it('takes origins and current_l1 unchecked, and says so in the log and the metrics', async () => {
    const world = await settled();
    const status = statusOf(CHAIN, { safe: 16, finalized: 5, currentL1: l1Block(51n, 'unknown') });
    world.source().status = status;
    await world.poll();
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 16), currentL1: l1Block(51n, 'unknown') });
    expect(world.l1.reads).toEqual([]);
    expect(world.metrics.value('follow_l1_checked')).toBe(0);
    expect(world.log.messages('warn')).toContain(
      'No L1 is configured: what the follow source says is unchecked',
    );
  });

  it('never takes current_l1 back by itself', async () => {
    const world = await settled();
    const status = statusOf(CHAIN, { safe: 16, finalized: 5, currentL1: l1Block(49n) });
    world.source().status = status;
    await world.poll();
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 16), currentL1: l1Block(50n) });
  });

  it('accepts a conflict above finalized with the third poll that gives the same answer', async () => {
    const world = await settled();
    world.source().status = statusOf(FORK, { safe: 14, finalized: 5 });
    await world.poll(2);
    expect(world.count('conflict')).toBe(2);
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
    await world.poll();
    expect(world.heads.safe).toEqual(at(FORK, 14));
  });

  it('knows the same answer again when the heads of the source move on meanwhile', async () => {
    const world = await settled();
    world.source().chain = FORK;
    for (const safe of [13, 14, 15]) {
      world.source().status = statusOf(FORK, { safe, finalized: 5 });
      await world.poll();
    }
    expect(world.heads.safe).toEqual(at(FORK, 15));
  });

  it('counts the answers that only our engine finds to contradict', async () => {
    const world = await settled();
    world.source().status = statusOf(FORK, { safe: 25, finalized: 5 });
    await world.poll(2);
    expect(world.count('conflict')).toBe(2);
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
    await world.poll();
    expect(world.heads.safe).toEqual(at(FORK, 25));
  });

  it('starts counting anew with another answer, and with a poll that does not contradict', async () => {
    const world = await settled();
    const answers = [FORK, FORK, OTHER, FORK, FORK, CHAIN, FORK, FORK];
    for (const chain of answers) {
      world.source().status = statusOf(chain, { safe: 15, finalized: 5 });
      await world.poll();
    }
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
    expect(world.count('conflict')).toBe(7);
  });

  it('does not count a failed poll as an answer, nor as another one', async () => {
    const world = await settled();
    world.source().status = statusOf(FORK, { safe: 14, finalized: 5 });
    await world.poll(2);
    world.source().fault = SOURCE_DOWN;
    await world.poll(2);
    world.source().fault = null;
    await world.poll();
    expect(world.heads.safe).toEqual(at(FORK, 14));
  });

  it('never accepts another block at or below our finalized head', async () => {
    const world = await settled();
    world.source().status = statusOf(CHAIN, { safe: 15, finalized: 14 });
    await world.poll();
    world.source().status = statusOf(FORK, { safe: 15, finalized: 14 });
    await world.poll(10);
    expect(world.count('finalized_conflict')).toBe(10);
    expect(world.heads.finalized).toEqual(at(CHAIN, 14));
  });
});
