import { describe, expect, it } from 'vitest';
import { WatchCell } from '../../../../src/runtime/watch.js';
import type { BlockId } from '../../../../src/types/block.js';
import { blockId } from '../../../../src/types/block.js';
import { at, FollowWorld, refsOn, SOURCE_DOWN, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF } from '../../../support/l2Chain.js';

const honest = refsOn(GENESIS_REF, 20);
const lie = [...honest.slice(0, 10), ...refsOn(at(honest, 10), 10, 'lie')];

/** A follower that verification took back to block 10: block 11 of the lie is refuted. */
function refutedWorld(sources = 1) {
  const refuted = new WatchCell<BlockId | null>(blockId(at(lie, 11)));
  const world = new FollowWorld({ sources, verifier: { refuted } });
  world.engine.startAt(honest.slice(0, 10));
  return { world, refuted };
}

describe('a refuted block', () => {
  it('is not brought back by a poll that began before it was refuted', async () => {
    const refuted = new WatchCell<BlockId | null>(null);
    const world = new FollowWorld({ sources: 1, verifier: { refuted } });
    world.engine.startAt(lie.slice(0, 14), { safe: at(lie, 12), localSafe: at(lie, 12) });
    world.source().status = statusOf(lie, { safe: 13 });
    const byNumber = world.engine.l2BlockRefByNumber.bind(world.engine);
    world.engine.l2BlockRefByNumber = async (number) => {
      world.engine.l2BlockRefByNumber = byNumber;
      refuted.set(blockId(at(lie, 11)));
      return byNumber(number);
    };
    await world.poll();
    expect(world.engine.targets).toEqual([]);
    await world.poll();
    expect([world.engine.targets, world.count('refuted')]).toEqual([[], 2]);
  });

  it.each([11, 14])(
    'refuses a status whose local safe head is block %d of its chain',
    async (n) => {
      const { world } = refutedWorld();
      world.engine.import(...lie);
      world.source().status = statusOf(lie, { safe: n });
      await world.poll();
      expect(world.count('refuted')).toBe(1);
      expect(world.engine.targets).toEqual([]);
      expect(world.log.find('Follow status is not taken')[0]?.fields).toMatchObject({
        result: 'refuted',
        reason: 'status holds a block that L1 refutes',
        refuted: { number: 11n, hash: at(lie, 11).hash },
      });
    },
  );

  it('refuses a safe head on its chain below another local safe head', async () => {
    const { world } = refutedWorld();
    world.source().status = statusOf(lie, { safe: 11, localSafe: 12 });
    await world.poll();
    expect(world.count('refuted')).toBe(1);
  });

  it('refuses a chain that only the source shows to hold it', async () => {
    const { world } = refutedWorld();
    world.source().status = statusOf(lie, { safe: 14 });
    world.source().chain = lie;
    await world.poll();
    expect(world.count('refuted')).toBe(1);
    expect(world.engine.targets).toEqual([]);
  });

  it('believes our own blocks rather than the source', async () => {
    const { world } = refutedWorld();
    world.engine.import(...lie);
    world.source().status = statusOf(lie, { safe: 14 });
    world.source().chain = honest;
    await world.poll();
    expect(world.count('refuted')).toBe(1);
  });

  it('refuses a chain that nothing shows to be another', async () => {
    const { world } = refutedWorld();
    world.source().status = statusOf(honest, { safe: 14 });
    await world.poll();
    expect(world.count('refuted')).toBe(1);
    expect(world.log.find('Follow status is not taken')[0]?.fields.reason).toBe(
      'status cannot be shown to be without the block that L1 refutes',
    );
  });

  it.each([
    ['by its own head', 11, false, false],
    ['by our own blocks', 14, true, false],
    ['by the source', 14, false, true],
  ])('lets a corrected chain pass, shown %s', async (_, safe, isHeld, isAsked) => {
    const { world } = refutedWorld();
    if (isHeld) world.engine.import(...honest);
    world.source().status = statusOf(honest, { safe });
    world.source().chain = isAsked ? honest : null;
    await world.poll();
    expect(world.count('refuted')).toBe(0);
    expect(world.engine.targets.map(({ localSafe }) => localSafe)).toEqual([at(honest, safe)]);
  });

  it('says nothing about heads below it', async () => {
    const { world } = refutedWorld();
    world.source().status = statusOf(honest, { safe: 10 });
    await world.poll();
    expect(world.count('success')).toBe(1);
  });

  it('does not hold once it is forgotten', async () => {
    const { world, refuted } = refutedWorld();
    world.engine.import(...honest);
    world.source().status = statusOf(lie, { safe: 11 });
    await world.poll();
    refuted.set(null);
    world.source().status = statusOf(honest, { safe: 14 });
    await world.poll();
    expect(world.count('success')).toBe(1);
  });

  it('leads to another source after three polls', async () => {
    const { world } = refutedWorld(2);
    world.engine.import(...honest, ...lie);
    world.source(0).status = statusOf(lie, { safe: 14 });
    world.source(1).status = statusOf(honest, { safe: 14 });
    await world.poll(4);
    expect(world.count('refuted')).toBe(3);
    expect(world.heads.localSafe).toEqual(at(honest, 14));
    await world.poll(20);
    expect(world.metrics.value('follow_active_source')).toBe(1);
    expect(world.heads.localSafe).toEqual(at(honest, 14));
  });

  it('does not keep a source from being asked that fails meanwhile', async () => {
    const { world } = refutedWorld();
    world.source().fault = SOURCE_DOWN;
    await world.poll();
    expect(world.count('error_fetch_status')).toBe(1);
  });

  it('refuses where our own execution layer cannot be asked and the source does not say', async () => {
    const { world } = refutedWorld();
    world.engine.readError = SOURCE_DOWN;
    world.source().status = statusOf(honest, { safe: 14 });
    await world.poll();
    expect(world.count('refuted')).toBe(1);
    expect(world.engine.targets).toEqual([]);
  });
});
