import { describe, expect, it } from 'vitest';
import type { FollowStatus } from '../../../src/follow/rules/followStatus.js';
import { at, FollowWorld, refsOn, statusOf } from '../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 40);
const FORK = [...CHAIN.slice(0, 15), ...refsOn(at(CHAIN, 15), 20, 'fork')];

/** A status that was made when L1 had so many blocks. */
function madeAt(l1: bigint, chain: typeof CHAIN, heads: Parameters<typeof statusOf>[1]) {
  return statusOf(chain, { currentL1: l1Block(l1), ...heads, headL1: l1Block(l1) });
}

/** A follower at block 30 whose sources have safe head 20, all at the same L1 block. */
async function settled(given: ConstructorParameters<typeof FollowWorld>[0] = {}) {
  const world = new FollowWorld(given);
  world.l1.head = 100n;
  world.engine.startAt(CHAIN.slice(0, 30), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
  for (const source of world.sources) {
    source.status = madeAt(100n, CHAIN, { safe: 20, finalized: 5 });
    source.chain = CHAIN;
  }
  await world.poll();
  return world;
}

const stale = (world: FollowWorld, source = 0) =>
  world.metrics.value('follow_source_stale', { source: String(source) });
const age = (world: FollowWorld) => world.metrics.value('follow_last_good_status_age_seconds');

describe('the only source is stale', () => {
  it('is marked and counted, its status age grows, and it is taken again once it is fresh', async () => {
    const world = await settled();
    world.l1.head = 110n;
    await world.poll();
    expect([world.count('success'), stale(world)]).toEqual([2, 0]);
    world.l1.head = 111n;
    await world.poll(40);
    expect([world.count('stale'), stale(world), age(world)]).toEqual([40, 1, 80]);
    expect(world.metrics.value('follow_source_l1_lag_seconds', { source: '0' })).toBe(132);
    expect(world.log.find('Follow source is stale')).toHaveLength(1);
    // Not slower than a fresh one: it may be all there is.
    expect(world.clock.monotonicMs()).toBe(82_000);
    world.source().status = madeAt(111n, CHAIN, { safe: 21, finalized: 6 });
    await world.poll();
    expect([world.count('success'), stale(world), age(world)]).toEqual([3, 0, 0]);
    expect(world.heads.safe).toEqual(at(CHAIN, 21));
    expect(world.log.find('Follow source is fresh again')).toHaveLength(1);
  });

  it('extends our chain as far as it goes', async () => {
    const world = await settled();
    world.l1.head = 200n;
    world.source().status = madeAt(101n, CHAIN, { safe: 22, finalized: 6 });
    await world.poll(3);
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 22), finalized: at(CHAIN, 6) });
    expect([world.count('success'), world.count('stale')]).toEqual([2, 2]);
  });

  it('does not lead our unsafe chain back to a branch that was left', async () => {
    const world = await settled();
    world.engine.import(...FORK);
    world.source().status = madeAt(110n, FORK, { safe: 15, localSafe: 30, finalized: 5 });
    world.engine.set({ safe: at(CHAIN, 15), localSafe: at(CHAIN, 15) });
    world.l1.head = 300n;
    await world.poll(5);
    expect(world.count('stale')).toBe(5);
    expect(world.heads.unsafe).toEqual(at(CHAIN, 30));
    world.source().status = madeAt(300n, FORK, { safe: 15, localSafe: 30, finalized: 5 });
    await world.poll();
    expect(world.heads.unsafe).toEqual(at(FORK, 30));
  });

  it('does not replace the safe head after a start, which a fresh status may', async () => {
    const world = new FollowWorld();
    world.l1.head = 300n;
    world.engine.startAt(CHAIN.slice(0, 30), { safe: at(CHAIN, 20), localSafe: at(CHAIN, 20) });
    world.engine.import(...FORK);
    const said: Parameters<typeof statusOf>[1] = { safe: 22, finalized: 5 };
    world.source().status = madeAt(100n, FORK, said);
    await world.poll(10);
    expect(world.count('stale')).toBe(10);
    expect(world.engine.targets).toEqual([]);
    world.source().status = madeAt(300n, FORK, said);
    await world.poll();
    expect(world.heads.safe).toEqual(at(FORK, 22));
  });
});

describe('one of several sources is stale', () => {
  function moveOn(world: FollowWorld, source: number, l1: bigint, safe: number): void {
    world.l1.head = l1;
    world.source(source).status = madeAt(l1, CHAIN, { safe, finalized: 6 });
  }

  it('is left for a fresh one after three polls, and taken back when it has been fresh for five', async () => {
    const world = await settled({ sources: 2 });
    moveOn(world, 1, 120n, 24);
    await world.poll(3);
    expect(world.metrics.value('follow_active_source')).toBe(1);
    expect(world.log.find('Changing the follow source')[0]?.fields.why).toBe('stale');
    await world.poll(10);
    expect(world.heads.safe).toEqual(at(CHAIN, 24));
    expect(world.metrics.value('follow_active_source')).toBe(1);
    const stales = world.metrics.value('follow_source_results_total', {
      ...{ source: '0', result: 'stale' },
    });
    expect(stales).toBeGreaterThanOrEqual(3);
    moveOn(world, 0, 121n, 25);
    await world.poll(6);
    expect(world.metrics.value('follow_active_source')).toBe(0);
  });

  it('is followed on while the other one is behind', async () => {
    const world = await settled({ sources: 2 });
    world.l1.head = 130n;
    world.source(1).status = madeAt(130n, CHAIN, { safe: 12, finalized: 5 });
    await world.poll(20);
    expect(world.metrics.value('follow_active_source')).toBe(0);
    expect(world.heads.safe).toEqual(at(CHAIN, 20));
  });

  it('holds no quorum back that is met without it', async () => {
    const world = await settled({ sources: 3, options: { quorum: 2 } });
    moveOn(world, 0, 120n, 24);
    moveOn(world, 1, 120n, 25);
    await world.poll();
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 24), currentL1: l1Block(120n) });
    expect(world.count('stale')).toBe(0);
    expect(
      world.metrics.value('follow_source_results_total', { source: '2', result: 'stale' }),
    ).toBe(1);
  });

  it('counts for a quorum that is not met without it, which then is as old as it is', async () => {
    const world = await settled({ sources: 2, options: { quorum: 2 } });
    moveOn(world, 0, 120n, 24);
    await world.poll();
    expect(world.metrics.value('follow_quorum_met')).toBe(1);
    expect([world.count('stale'), world.heads.safe]).toEqual([1, at(CHAIN, 20)]);
  });
});

describe('a cache that keeps one answer, without an L1 of ours', () => {
  it('is stale after two minutes, and its conflict is not believed for being repeated', async () => {
    const world = await settled({ hasL1: false });
    world.engine.import(...FORK);
    await world.poll(59);
    const old: FollowStatus = madeAt(100n, CHAIN, { safe: 20, finalized: 5 });
    world.source().status = old;
    await world.poll(5);
    expect(world.count('stale')).toBeGreaterThan(0);
    world.engine.set({ safe: at(FORK, 18), localSafe: at(FORK, 18), unsafe: at(FORK, 20) });
    await world.poll(10);
    expect(world.heads.safe).toEqual(at(FORK, 18));
  });
});
