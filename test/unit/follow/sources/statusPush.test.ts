import { describe, expect, it } from 'vitest';
import { SAFETY_POLL_MS } from '../../../../src/follow/sources/statusPush.js';
import { statusJson } from '../../../support/followStatusJson.js';
import {
  at,
  type FakeSource,
  FollowWorld,
  type FollowWorldOptions,
  refsOn,
  rollupConfigJson,
  SOURCE_DOWN,
  statusOf,
} from '../../../support/followWorld.js';
import { GENESIS_REF } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 30);
const BRANCH = refsOn(at(CHAIN, 14), 10, 'other');

function statusAt(safe: number): ReturnType<typeof statusOf> {
  return statusOf(CHAIN, { safe, finalized: 5 });
}

/** A follower that runs, whose sources are at block 15. */
async function running(options: FollowWorldOptions = {}): Promise<FollowWorld> {
  const world = new FollowWorld({ hasPush: true, ...options });
  world.engine.startAt(CHAIN.slice(0, 20), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
  for (const source of world.sources) source.status = statusAt(15);
  void run(world);
  await world.clock.advance(0);
  return world;
}

async function run(world: FollowWorld): Promise<void> {
  while (!world.stop.signal.aborted) await world.actor.step(world.stop.signal).catch(() => {});
}

/** As `running`, with a first status pushed by each. */
async function pushed(options: FollowWorldOptions = {}): Promise<FollowWorld> {
  const world = await running(options);
  for (const source of world.sources) source.push();
  await world.clock.advance(100);
  return world;
}

/** The source moves and says so. */
async function move(world: FollowWorld, source: FakeSource, safe: number): Promise<void> {
  source.status = statusAt(safe);
  source.push();
  await world.clock.advance(0);
}

function polls(source: FakeSource): number {
  return source.rpc.count('optimism_syncStatus');
}

function lost(world: FollowWorld, reason: string): number {
  return world.metrics.value('follow_source_push_lost_total', { source: '0', reason }) ?? 0;
}

describe('a source that pushes', () => {
  it('is asked for its chain, subscribed to, and followed at once', async () => {
    const world = await running();
    const source = world.source();
    const [client] = source.webSockets ?? [];
    expect(client?.calls.map(({ method }) => method)).toEqual(['optimism_rollupConfig']);
    expect(client?.subscriptions.map(({ params }) => params)).toEqual([['syncStatus']]);
    source.push();
    await world.clock.advance(100);
    await move(world, source, 16);
    expect(world.heads.safe).toEqual(at(CHAIN, 16));
    expect(world.metrics.value('follow_source_pushing', { source: '0' })).toBe(1);
    await world.clock.advance(100);
    await move(world, source, 17);
    expect(world.heads.safe).toEqual(at(CHAIN, 17));
    expect(polls(source)).toBe(1);
  });

  it('is looked at as often as a polled one, and polled seldom', async () => {
    const world = await pushed();
    const before = world.count('success');
    await world.clock.advance(60_000);
    expect(world.count('success') - before).toBe(30);
    // The first, and one with the first look after each fifteen seconds.
    expect(polls(world.source())).toBe(1 + 3);
    expect(lost(world, 'silent')).toBe(0);
  });

  it('makes no more looks than one in 50 ms, and the last thing it said counts', async () => {
    const world = await pushed();
    const before = world.engine.targets.length;
    for (let i = 0; i < 100; i += 1) {
      await move(world, world.source(), 15 + (i % 5));
      await world.clock.advance(1);
    }
    await world.clock.advance(50);
    expect(world.engine.targets.length - before).toBeLessThanOrEqual(3);
    expect(world.heads.safe).toEqual(at(CHAIN, 19));
  });

  it('is followed at once also while a poll is due', async () => {
    const world = await pushed();
    await world.clock.advance(SAFETY_POLL_MS + 400);
    await move(world, world.source(), 16);
    expect(world.heads.safe).toEqual(at(CHAIN, 16));
    expect(polls(world.source())).toBe(1);
  });

  it('is checked like any other', async () => {
    const world = await pushed();
    await move(world, world.source(), 16);
    await world.clock.advance(100);
    world.source().status = statusOf([...CHAIN.slice(0, 14), ...BRANCH], { safe: 16 });
    world.source().push();
    await world.clock.advance(0);
    expect(world.heads.safe).toEqual(at(CHAIN, 16));
    expect(world.count('conflict')).toBe(1);
  });

  it('of another chain behind its WebSocket is not subscribed to', async () => {
    const world = new FollowWorld({ hasPush: true });
    world.engine.startAt(CHAIN.slice(0, 20), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
    world.source().status = statusAt(15);
    world.source().pushedConfig = { ...rollupConfigJson(), l2_chain_id: 5 };
    await world.poll();
    await world.clock.advance(0);
    expect(world.source().webSockets?.[0]?.subscriptions).toEqual([]);
    expect(world.source().webSockets?.[0]?.isClosed).toBe(true);
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
  });
});

describe('a subscription that is not alive', () => {
  it('is polled for at once when it breaks, and tried again soon', async () => {
    const world = await pushed();
    const source = world.source();
    source.status = statusAt(18);
    source.webSockets?.[0]?.subscriptions[0]?.lose(SOURCE_DOWN as never);
    await world.clock.advance(100);
    expect(world.heads.safe).toEqual(at(CHAIN, 18));
    expect(lost(world, 'broken')).toBe(1);
    expect(world.metrics.value('follow_source_pushing', { source: '0' })).toBe(0);
    await world.clock.advance(4_000);
    expect(source.webSockets).toHaveLength(2);
    expect(source.webSockets?.[0]?.isClosed).toBe(true);
  });

  it('is found silent by a poll that has news, and dropped a moment later', async () => {
    const world = await pushed();
    const source = world.source();
    source.status = statusAt(18);
    await world.clock.advance(SAFETY_POLL_MS - 1_000);
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
    await world.clock.advance(3_000);
    expect(world.heads.safe).toEqual(at(CHAIN, 18));
    expect(lost(world, 'silent')).toBe(1);
    source.webSockets = null;
    const before = polls(source);
    await world.clock.advance(10_000);
    expect(polls(source) - before).toBe(5);
  });

  it('is kept where the push comes within that moment', async () => {
    const world = await pushed();
    const source = world.source();
    source.status = statusAt(18);
    await world.clock.advance(SAFETY_POLL_MS + 500);
    source.push();
    await world.clock.advance(5_000);
    expect(lost(world, 'silent')).toBe(0);
  });

  it('does not go back to what a slower poll says', async () => {
    const world = await pushed();
    const source = world.source();
    source.push(statusJson(statusAt(18)));
    await world.clock.advance(SAFETY_POLL_MS + 3_000);
    expect(world.heads.safe).toEqual(at(CHAIN, 18));
    expect(world.count('behind')).toBe(0);
    expect(lost(world, 'silent')).toBe(0);
  });

  it('ends with what is no status', async () => {
    const world = await pushed();
    world.source().push({ head_l1: 7 });
    await world.clock.advance(100);
    expect(lost(world, 'malformed')).toBe(1);
    expect(polls(world.source())).toBe(2);
  });

  it('ends with a poll that fails', async () => {
    const world = await pushed();
    world.source().fault = SOURCE_DOWN;
    await world.clock.advance(SAFETY_POLL_MS + 2_000);
    expect(lost(world, 'poll_failed')).toBe(1);
    expect(world.count('error_fetch_status')).toBeGreaterThan(0);
  });

  it('ends with the node, and leaves no timer', async () => {
    const world = await pushed();
    world.stop.abort();
    await world.clock.advance(0);
    expect(world.source().webSockets?.[0]?.isClosed).toBe(true);
    expect(world.clock.pendingTimers).toBe(0);
    expect(world.log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

describe('a source that does not push', () => {
  it('is polled as ever, tried ever more seldom, and not talked about', async () => {
    const world = new FollowWorld({ hasPush: true });
    const source = world.source();
    source.webSockets = null;
    world.engine.startAt(CHAIN.slice(0, 20), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
    source.status = statusAt(15);
    void run(world);
    await world.clock.advance(3_600_000);
    expect(polls(source)).toBe(1_801);
    expect(source.attempts).toBeLessThanOrEqual(7);
    expect(source.attempts).toBeGreaterThanOrEqual(5);
    expect(world.log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
    world.stop.abort();
  });

  it('is not tried at all when that is turned off', async () => {
    const world = await running({ hasPush: false });
    await world.clock.advance(60_000);
    expect(world.source().attempts).toBe(0);
  });
});

describe('several sources', () => {
  it('the next is followed for the same number of looks by the clock, however often the first pushes', async () => {
    const world = await running({ sources: 2 });
    const source = world.source();
    source.status = statusOf([...CHAIN.slice(0, 14), ...BRANCH], { safe: 15 });
    for (let i = 0; i < 20; i += 1) {
      source.push();
      await world.clock.advance(50);
    }
    expect(world.metrics.value('follow_active_source', {})).toBe(0);
    await world.clock.advance(6_000);
    expect(world.metrics.value('follow_active_source', {})).toBe(1);
  });

  it('a quorum moves as soon as enough of them have pushed', async () => {
    const world = await running({ sources: 3, options: { quorum: 2 } });
    for (const source of world.sources) source.push();
    await world.clock.advance(100);
    const [first, second] = world.sources;
    if (first === undefined || second === undefined) throw new Error('three sources');
    await move(world, first, 18);
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
    await world.clock.advance(60);
    await move(world, second, 18);
    expect(world.heads.safe).toEqual(at(CHAIN, 18));
    expect(world.sources.map(polls)).toEqual([1, 1, 1]);
  });

  it('one that is polled is not asked because another pushes', async () => {
    const world = new FollowWorld({ hasPush: true, sources: 2, options: { quorum: 1 } });
    world.engine.startAt(CHAIN.slice(0, 20), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
    for (const source of world.sources) source.status = statusAt(15);
    const [pushing, polled] = world.sources;
    if (pushing === undefined || polled === undefined) throw new Error('two sources');
    polled.webSockets = null;
    void run(world);
    await world.clock.advance(0);
    for (let i = 0; i < 20; i += 1) {
      pushing.push();
      await world.clock.advance(95);
    }
    expect(polls(polled)).toBe(1);
    world.stop.abort();
  });
});
