import { describe, expect, it } from 'vitest';
import { at, FollowWorld, refsOn, SOURCE_DOWN, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 60);
const FORK = [...CHAIN.slice(0, 10), ...refsOn(at(CHAIN, 10), 30, 'fork')];

function twoSources(options = {}): FollowWorld {
  const world = new FollowWorld({ sources: 2, options });
  world.engine.startAt(CHAIN.slice(0, 50), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
  for (const source of world.sources) source.status = statusOf(CHAIN, { safe: 20, finalized: 5 });
  return world;
}

function polls(world: FollowWorld, index: number): number {
  return world.source(index).rpc.count('optimism_syncStatus');
}

describe('several sources', () => {
  it('asks only the first while it is good', async () => {
    const world = twoSources();
    await world.poll(10);
    expect(polls(world, 0)).toBe(10);
    expect(polls(world, 1)).toBe(0);
  });

  it('fails over after three failed polls and returns after a run of good ones', async () => {
    const world = twoSources();
    await world.poll();
    world.source(0).fault = SOURCE_DOWN;
    world.source(1).status = statusOf(CHAIN, { safe: 25, finalized: 5 });
    await world.poll(3);
    expect(world.metrics.value('follow_active_source')).toBe(1);
    const failedMs = world.clock.monotonicMs();
    await world.poll(2);
    // Without the back-off that the failing source had earned.
    expect(world.clock.monotonicMs() - failedMs).toBe(4_000);
    expect(world.heads.safe).toEqual(at(CHAIN, 25));
    world.source(0).fault = null;
    world.source(0).status = statusOf(CHAIN, { safe: 26, finalized: 5 });
    await world.poll(5);
    expect(world.metrics.value('follow_active_source')).toBe(0);
    expect(world.metrics.value('follow_failovers_total')).toBe(2);
    expect(world.log.find('Changing the follow source').map((line) => line.fields.why)).toEqual([
      'failing',
      'preferred',
    ]);
    await world.poll();
    expect(world.heads.safe).toEqual(at(CHAIN, 26));
  });

  it('fails over after three refused polls', async () => {
    const world = twoSources();
    await world.poll();
    world.source(0).status = { ...statusOf(CHAIN, { safe: 22 }), finalized: at(CHAIN, 23) };
    await world.poll(3);
    expect(world.metrics.value('follow_active_source')).toBe(1);
  });

  it('fails over after three targets that our engine refused', async () => {
    const world = twoSources();
    await world.poll();
    for (let i = 0; i < 3; i += 1) {
      world.engine.scripted.push({ kind: 'ok', value: { kind: 'refused', reason: 'INVALID' } });
    }
    await world.poll(3);
    expect(world.metrics.value('follow_active_source')).toBe(1);
  });

  it('does not fail over while our own L1 lacks the block, or our engine fails', async () => {
    const world = twoSources();
    world.l1.head = 2n;
    await world.poll(10);
    expect(world.count('error_l1_lookup')).toBe(10);
    world.l1.head = 100n;
    world.engine.readError = SOURCE_DOWN;
    await world.poll(10);
    expect(world.count('error_engine')).toBe(10);
    expect(polls(world, 1)).toBe(0);
  });

  it('gives a source that is behind its grace time', async () => {
    const world = twoSources();
    await world.poll();
    world.source(0).status = statusOf(CHAIN, { safe: 12, finalized: 5 });
    await world.poll(150);
    expect(polls(world, 1)).toBe(0);
    await world.poll(4);
    expect(world.metrics.value('follow_active_source')).toBe(1);
  });

  it('moves no head back when it changes to a source that is lower', async () => {
    const world = twoSources();
    await world.poll();
    const before = world.heads;
    world.source(0).fault = SOURCE_DOWN;
    world.source(1).status = statusOf(CHAIN, { safe: 15, finalized: 2 });
    await world.poll(8);
    expect(world.count('behind')).toBe(5);
    expect(world.heads).toEqual(before);
  });

  it('does not believe a conflict because another source says it', async () => {
    const world = twoSources();
    await world.poll();
    world.engine.import(...FORK);
    world.source(0).fault = SOURCE_DOWN;
    world.source(1).status = statusOf(FORK, { safe: 20, finalized: 5 });
    await world.poll(5);
    expect(world.count('conflict')).toBe(2);
    expect(world.heads.safe).toEqual(at(CHAIN, 20));
  });

  it('refuses a finalized conflict after failover too', async () => {
    const world = twoSources();
    world.source(0).status = statusOf(CHAIN, { safe: 20, finalized: 15 });
    await world.poll();
    world.engine.import(...FORK);
    world.source(0).fault = SOURCE_DOWN;
    world.source(1).status = statusOf(FORK, { safe: 20, finalized: 15 });
    await world.poll(5);
    expect(world.count('finalized_conflict')).toBe(2);
    expect(world.heads.finalized).toEqual(at(CHAIN, 15));
  });

  it('changes to a source that is far ahead of a standing one when that is asked for', async () => {
    const world = twoSources({ maxLagBlocks: 10 });
    world.source(1).status = statusOf(CHAIN, { safe: 31, finalized: 5 });
    await world.poll(5);
    expect(world.metrics.value('follow_active_source')).toBe(1);
    expect(world.log.find('Changing the follow source')[0]?.fields).toMatchObject({
      why: 'lagging',
    });
    await world.poll(10);
    expect(world.heads.safe).toEqual(at(CHAIN, 31));
    expect(world.metrics.value('follow_failovers_total')).toBe(1);
  });

  it('does not change to a source far ahead on another chain', async () => {
    const world = twoSources({ maxLagBlocks: 5 });
    world.source(1).status = statusOf(FORK, { safe: 40, finalized: 5 });
    world.source(1).chain = FORK;
    await world.poll(10);
    expect(world.metrics.value('follow_active_source')).toBe(0);
    const conflicts = { source: '1', result: 'conflict' };
    expect(world.metrics.value('follow_source_results_total', conflicts)).toBeGreaterThan(5);
  });

  it('never lets a standby source that hangs hold up the active one', async () => {
    const world = twoSources({ maxLagBlocks: 5 });
    let release = (): void => undefined;
    world.source(1).gate = new Promise((resolve) => {
      release = resolve;
    });
    await world.poll(5);
    expect(world.clock.monotonicMs()).toBe(8_000);
    expect(world.count('success')).toBe(5);
    expect(polls(world, 1)).toBe(1);
    release();
    await world.clock.advance(0);
    const read = { source: '1', result: 'success' };
    expect(world.metrics.value('follow_source_results_total', read)).toBe(1);
  });

  it('counts only the active source as polls, and each source by itself', async () => {
    const world = twoSources({ maxLagBlocks: 5 });
    await world.poll(4);
    expect(world.count('success')).toBe(4);
    const results = (source: string): number | undefined =>
      world.metrics.value('follow_source_results_total', { source, result: 'success' });
    expect([results('0'), results('1')]).toEqual([4, 4]);
  });
});
