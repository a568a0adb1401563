import { describe, expect, it } from 'vitest';
import { at, FollowWorld, refsOn, SOURCE_DOWN, statusOf } from '../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 30);
const FORK = [...CHAIN.slice(0, 20), ...refsOn(at(CHAIN, 20), 10, 'fork')];
const NAMED = { safe: 20, localSafe: 24, finalized: 5 };

/** A follower at block 25 whose source has gone to another chain that our execution layer lacks. */
async function moving(given: ConstructorParameters<typeof FollowWorld>[0] = {}) {
  const world = new FollowWorld(given);
  world.engine.startAt(CHAIN.slice(0, 25), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
  for (const source of world.sources) source.status = statusOf(CHAIN, { safe: 20, finalized: 5 });
  await world.poll();
  expect(world.heads.movingTo).toBeNull();
  world.source().status = statusOf(FORK, NAMED);
  await world.poll();
  expect(world.heads).toMatchObject({ unsafe: at(CHAIN, 25), localSafe: at(CHAIN, 20) });
  expect(world.heads.movingTo).toEqual({ hash: at(FORK, 24).hash, number: 24n });
  return world;
}

describe('the chain that is being moved to', () => {
  it('is no matter where it extends what we have, and is there', async () => {
    const world = new FollowWorld();
    world.engine.startAt(CHAIN.slice(0, 25), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
    const told: unknown[] = [];
    const { noteMove } = world.engine;
    world.engine.noteMove = (to) => {
      if (to !== null) told.push(to);
      noteMove.call(world.engine, to);
    };
    world.source().status = statusOf(CHAIN, { safe: 20, finalized: 5 });
    await world.poll(3);
    expect(told).toEqual([]);
  });

  it('is told of while it is named, and reached with the poll after its blocks are there', async () => {
    const world = await moving();
    await world.poll(300);
    expect(world.heads.movingTo?.number).toBe(24n);
    world.engine.import(...FORK);
    await world.poll();
    expect(world.heads).toMatchObject({ unsafe: at(FORK, 24), movingTo: null });
  });

  it('follows the source as that goes on', async () => {
    const world = await moving();
    world.source().status = statusOf(FORK, { ...NAMED, localSafe: 27 });
    await world.poll();
    expect(world.heads.movingTo?.number).toBe(27n);
  });

  it.each<[string, (world: FollowWorld) => void]>([
    ['names our chain again', (w) => (w.source().status = statusOf(CHAIN, { safe: 20 }))],
    [
      'contradicts itself',
      (w) => (w.source().status = { ...statusOf(FORK, NAMED), finalized: at(FORK, 25) }),
    ],
    [
      'has that chain refused by our engine',
      (w) => w.engine.scripted.push({ kind: 'ok', value: { kind: 'refused', reason: 'INVALID' } }),
    ],
  ])('is given up when the source %s', async (_, change) => {
    const world = await moving();
    change(world);
    await world.poll();
    expect(world.heads.movingTo).toBeNull();
  });

  it.each<[string, (world: FollowWorld) => void]>([
    ['is silent', (w) => (w.source().fault = SOURCE_DOWN)],
    ['has walked back', (w) => (w.source().status = statusOf(CHAIN, { safe: 15 }))],
  ])('stands for a minute while the source %s, then our own chain may go on', async (_, change) => {
    const world = await moving();
    change(world);
    const silentMs = world.clock.monotonicMs();
    while (world.heads.movingTo !== null) {
      expect(world.clock.monotonicMs() - silentMs).toBeLessThan(60_000 + 10_000);
      await world.poll();
    }
    expect(world.clock.monotonicMs() - silentMs).toBeGreaterThanOrEqual(60_000);
  });

  it('is reached while the source is silent, or our L1 cannot be asked', async () => {
    for (const trouble of ['source', 'l1'] as const) {
      const world = await moving();
      if (trouble === 'source') world.source().fault = SOURCE_DOWN;
      else world.l1.failing.add(at(FORK, 24).l1Origin.number);
      world.l1.forget();
      await world.poll();
      expect(world.heads.movingTo?.number).toBe(24n);
      world.engine.import(...FORK);
      await world.poll();
      expect(world.heads).toMatchObject({ unsafe: at(FORK, 24), movingTo: null });
    }
  });

  it('is another one where the next source names another, after failover', async () => {
    const world = await moving({ sources: 2 });
    world.source().fault = SOURCE_DOWN;
    world.source(1).status = statusOf(CHAIN, { safe: 21, currentL1: l1Block(51n) });
    await world.poll(4);
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 21), movingTo: null });
  });
});
