import { describe, expect, it } from 'vitest';
import { NodeError } from '../../../src/errors/nodeError.js';
import { POLL_RESULTS } from '../../../src/follow/pollOutcome.js';
import type { BlockId } from '../../../src/types/block.js';
import { ZERO_HASH, ZERO_L2_REF } from '../../../src/types/block.js';
import { UNKNOWN_HEADS } from '../../../src/types/engineHeads.js';
import { at, FollowWorld, refsOn, SOURCE_DOWN, statusOf } from '../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../support/l2Chain.js';
import { refsAt } from '../../support/refsAt.js';

const CHAIN = refsOn(GENESIS_REF, 30);

/** A follower whose engine is at block 20 of the chain, following a source at block 20. */
async function settled(options = {}): Promise<FollowWorld> {
  const world = new FollowWorld(options);
  world.engine.startAt(CHAIN.slice(0, 20), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
  for (const source of world.sources) source.status = statusOf(CHAIN, { safe: 15, finalized: 5 });
  await world.poll();
  expect(world.heads.safe).toEqual(at(CHAIN, 15));
  return world;
}

describe('accepted statuses', () => {
  it('polls at once and applies all heads and current_l1 as one target', async () => {
    const world = await settled();
    expect(world.clock.monotonicMs()).toBe(0);
    expect(world.engine.targets).toEqual([
      {
        localSafe: at(CHAIN, 15),
        safe: at(CHAIN, 15),
        finalized: at(CHAIN, 5),
        currentL1: l1Block(50n),
        mayReplaceSafe: false,
      },
    ]);
    expect(world.heads).toMatchObject({
      unsafe: at(CHAIN, 20),
      safe: at(CHAIN, 15),
      finalized: at(CHAIN, 5),
      currentL1: l1Block(50n),
    });
  });

  it('counts success for an unchanged status too, without asking L1 or our chain again', async () => {
    const world = await settled();
    await world.poll();
    const reads = world.l1.reads.length;
    const ours = world.engine.reads;
    await world.poll(3);
    expect(world.count('success')).toBe(5);
    expect(world.l1.reads.slice(reads).every((read) => !read.fresh)).toBe(true);
    expect(world.engine.reads - ours).toBe(0);
  });

  it('reads our chain below a changed status in one request, and what is left out of it alone', async () => {
    const world = await settled();
    const { engine } = world;
    const read = engine.l2BlockRefByNumber.bind(engine);
    const requests: (readonly BlockId[])[] = [];
    engine.l2BlockRefsAt = async (ids) => {
      requests.push(ids);
      return refsAt(ids, read);
    };
    const alone: bigint[] = [];
    engine.l2BlockRefByNumber = async (number) => {
      alone.push(number);
      return read(number);
    };
    world.source().status = statusOf(CHAIN, { safe: 17, finalized: 6 });
    await world.poll();
    expect(world.heads.safe).toEqual(at(CHAIN, 17));
    expect(requests).toEqual([[at(CHAIN, 17), at(CHAIN, 6)]]);
    expect(alone).toEqual([]);
    engine.l2BlockRefsAt = async () => new Map();
    world.source().status = statusOf(CHAIN, { safe: 18, finalized: 7 });
    await world.poll();
    expect(world.heads.safe).toEqual(at(CHAIN, 18));
    expect(alone).toEqual([18n, 7n]);
  });

  it('polls at the interval and asks for nothing in between', async () => {
    const world = await settled();
    const step = world.actor.step(world.stop.signal);
    await world.clock.advance(1_999);
    expect(world.source().rpc.count('optimism_syncStatus')).toBe(1);
    await world.clock.advance(1);
    await step;
    expect(world.source().rpc.count('optimism_syncStatus')).toBe(2);
  });

  it('waits for the engine to know its heads before it asks', async () => {
    const world = new FollowWorld();
    world.source().status = statusOf(CHAIN, { safe: 0 });
    world.engine.heads.set(UNKNOWN_HEADS);
    const step = world.actor.step(world.stop.signal);
    await world.clock.advance(60_000);
    expect(world.source().rpc.calls).toEqual([]);
    world.engine.startAt([]);
    await world.clock.advance(0);
    await step;
    expect(world.count('success')).toBe(1);
  });

  it('leaves our finalized head where the source knows none or a lower one, and still takes the safe heads', async () => {
    const world = await settled();
    world.source().status = statusOf(CHAIN, { safe: 16, finalized: 3 });
    await world.poll();
    world.source().status = statusOf(CHAIN, { safe: 17 });
    await world.poll();
    expect(world.engine.targets.slice(1).map((target) => target.finalized)).toEqual([null, null]);
    expect(world.heads.safe).toEqual(at(CHAIN, 17));
    expect(world.heads.finalized).toEqual(at(CHAIN, 5));
    expect(world.count('success')).toBe(3);
  });

  it('reorgs to the followed chain where our unsafe chain forked above our safe head', async () => {
    const world = await settled();
    const fork = [...CHAIN.slice(0, 15), ...refsOn(at(CHAIN, 15), 5, 'fork')];
    world.engine.import(...fork);
    world.source().status = statusOf(fork, { safe: 18, finalized: 5 });
    await world.poll();
    expect(world.heads.unsafe).toEqual(at(fork, 18));
    expect(world.metrics.value('follow_reorgs_total')).toBe(1);
    expect(world.log.find('Reorged to the followed chain')[0]?.fields).toMatchObject({
      because: 'unsafeFork',
    });
  });
});

describe('statuses that are not taken', () => {
  it('counts exactly one known result for each poll', async () => {
    const world = await settled();
    world.source().fault = SOURCE_DOWN;
    await world.poll(4);
    world.source().fault = null;
    await world.poll(2);
    const counts = POLL_RESULTS.map((result) => world.count(result));
    expect(counts.reduce((a, b) => a + b)).toBe(7);
    expect(world.count('error_fetch_status')).toBe(4);
  });

  it('backs off while the source fails and returns to the interval with the first answer', async () => {
    const world = await settled();
    world.source().fault = SOURCE_DOWN;
    const startMs = world.clock.monotonicMs();
    const times: number[] = [];
    for (let i = 0; i < 6; i += 1) {
      await world.poll();
      times.push(world.clock.monotonicMs() - startMs);
    }
    expect(times).toEqual([2_000, 4_000, 8_000, 16_000, 26_000, 36_000]);
    world.source().fault = null;
    await world.poll();
    await world.poll();
    expect(world.clock.monotonicMs() - startMs).toBe(48_000);
  });

  it('does not back off for a status that is refused', async () => {
    const world = await settled();
    world.source().status = { ...statusOf(CHAIN, { safe: 16 }), finalized: at(CHAIN, 17) };
    await world.poll(5);
    expect(world.clock.monotonicMs()).toBe(10_000);
    expect(world.count('error_invalid_state')).toBe(5);
  });

  it('moves nothing while the source is starting, and takes its first real status', async () => {
    const world = await settled();
    const good = statusOf(CHAIN, { safe: 16, finalized: 5 });
    world.source().status = { ...good, safe: ZERO_L2_REF, localSafe: ZERO_L2_REF };
    await world.poll();
    expect(world.count('error_invalid_state')).toBe(1);
    expect(world.engine.targets).toHaveLength(1);
    world.source().status = good;
    await world.poll();
    expect(world.heads.safe).toEqual(at(CHAIN, 16));
  });

  it('moves nothing while the source is behind us, and goes on when it has caught up', async () => {
    const world = await settled();
    world.source().status = statusOf(CHAIN, { safe: 7, finalized: 5, currentL1: l1Block(60n) });
    await world.poll(2);
    expect(world.count('behind')).toBe(2);
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 15), currentL1: l1Block(50n) });
    world.source().status = statusOf(CHAIN, { safe: 16, finalized: 5, currentL1: l1Block(61n) });
    await world.poll();
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 16), currentL1: l1Block(61n) });
  });

  it('says each kind of refusal once a minute as a warning, in between at debug level', async () => {
    const world = await settled();
    world.source().status = { ...statusOf(CHAIN, { safe: 16 }), finalized: at(CHAIN, 17) };
    await world.poll(31);
    const lines = world.log.find('Follow status is not taken');
    expect(lines).toHaveLength(31);
    expect(lines.filter((line) => line.level === 'warn')).toHaveLength(2);
    expect(lines[0]?.fields).toMatchObject({
      source: 'http://source-0:9545/***',
      result: 'error_invalid_state',
      reason: 'finalized head is ahead of safe head',
    });
  });

  it('never writes the secrets of a source URL into the log', async () => {
    const world = await settled();
    world.source().fault = SOURCE_DOWN;
    await world.poll();
    expect(
      JSON.stringify(world.log.lines, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
    ).not.toMatch(/secret|keykey/);
  });
});

describe('current_l1', () => {
  it('stands still when a status with the same heads names a lower one that our L1 still has beside ours', async () => {
    const world = await settled();
    world.source().status = statusOf(CHAIN, { safe: 16, finalized: 5, currentL1: l1Block(40n) });
    await world.poll();
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 16), currentL1: l1Block(50n) });
  });

  it('goes back when our L1 reorged the published one away', async () => {
    const world = await settled();
    world.l1.reorg(48n, 'b');
    world.source().status = statusOf(CHAIN, { safe: 16, finalized: 5, currentL1: l1Block(47n) });
    await world.poll();
    expect(world.heads.currentL1).toEqual(l1Block(47n));
  });

  it('stands still while heads are taken whose current_l1 our L1 does not have yet', async () => {
    const world = await settled();
    world.source().status = statusOf(CHAIN, { safe: 16, finalized: 5, currentL1: l1Block(101n) });
    await world.poll();
    expect(world.count('success')).toBe(2);
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 16), currentL1: l1Block(50n) });
  });

  it('stays empty for a source that has none', async () => {
    const world = new FollowWorld();
    world.engine.startAt(CHAIN.slice(0, 20));
    world.source().status = statusOf(CHAIN, { safe: 20, currentL1: null });
    await world.poll();
    expect(world.count('success')).toBe(1);
    expect(world.heads.currentL1.hash).toBe(ZERO_HASH);
  });
});

describe('conflicts', () => {
  const FORK = [...CHAIN.slice(0, 12), ...refsOn(at(CHAIN, 12), 18, 'fork')];

  it('refuses another hash at our safe head while its L1 blocks stand', async () => {
    const world = await settled();
    world.engine.import(...FORK);
    world.source().status = statusOf(FORK, { safe: 15, finalized: 5, currentL1: l1Block(55n) });
    await world.poll(3);
    expect(world.count('conflict')).toBe(3);
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 15), currentL1: l1Block(50n) });
    expect(
      world.metrics.value('follow_conflicts_total', { kind: 'conflict', outcome: 'refused' }),
    ).toBe(3);
  });

  it('accepts it when the noted current_l1 of our safe head is no longer on our L1', async () => {
    const world = await settled();
    world.engine.import(...FORK);
    world.l1.reorg(50n, 'b');
    world.source().status = statusOf(FORK, {
      safe: 14,
      finalized: 5,
      currentL1: world.l1.canonical(49n),
    });
    await world.poll();
    expect(world.count('success')).toBe(2);
    expect(world.heads).toMatchObject({ safe: at(FORK, 14), currentL1: l1Block(49n) });
    expect(world.log.find('Follow status replaces our safe head')[0]?.fields).toMatchObject({
      because: 'l1Reorg',
    });
    expect(
      world.metrics.value('follow_conflicts_total', { kind: 'conflict', outcome: 'accepted' }),
    ).toBe(1);
  });

  it('accepts it when the L1 origin of our safe head is no longer on our L1', async () => {
    const world = await settled();
    const origin = at(CHAIN, 15).l1Origin.number;
    const fork = [...CHAIN.slice(0, 12), ...refsOn(at(CHAIN, 12), 1, 'fork')];
    world.engine.import(...fork);
    world.l1.reorg(origin, 'b');
    world.source().status = statusOf(fork, { safe: 13, finalized: 5, currentL1: null });
    await world.poll();
    expect(world.heads.safe).toEqual(at(fork, 13));
  });

  it('does not count an L1 block that was reorged away after our safe head was accepted', async () => {
    const world = await settled();
    world.source().status = statusOf(CHAIN, { safe: 15, finalized: 5, currentL1: l1Block(60n) });
    await world.poll();
    expect(world.heads.currentL1).toEqual(l1Block(60n));
    world.engine.import(...FORK);
    world.l1.reorg(58n, 'b');
    world.source().status = statusOf(FORK, { safe: 15, finalized: 5, currentL1: l1Block(55n) });
    await world.poll();
    expect(world.count('conflict')).toBe(1);
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
  });

  it('takes lower heads of our own chain when the L1 that ours rested on is gone and the source has read the new one', async () => {
    const world = await settled();
    world.l1.reorg(50n, 'b');
    const currentL1 = world.l1.canonical(50n);
    world.source().status = statusOf(CHAIN, { safe: 13, finalized: 4, currentL1 });
    await world.poll();
    expect(world.count('success')).toBe(2);
    expect(world.heads).toMatchObject({
      ...{ unsafe: at(CHAIN, 20), safe: at(CHAIN, 13), finalized: at(CHAIN, 5), currentL1 },
    });
    expect(world.log.find('Follow status replaces our safe head')[0]?.fields).toMatchObject({
      because: 'l1Reorg',
    });
  });

  it('takes lower heads also where ours were taken while L1 reorged, and their current_l1 could not be looked up', async () => {
    const world = await settled();
    world.l1.head = 50n;
    world.source().status = statusOf(CHAIN, { safe: 16, finalized: 5, currentL1: l1Block(51n) });
    await world.poll();
    world.l1.head = 100n;
    world.l1.reorg(50n, 'b');
    const currentL1 = world.l1.canonical(52n);
    world.source().status = statusOf(CHAIN, { safe: 13, finalized: 4, currentL1 });
    await world.poll();
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 13), currentL1 });
  });

  it.each([
    ['the source walked back and has not read the new L1 yet', { safe: 13, l1: 49n, at: 50n }],
    ['the L1 that ours rested on is still there', { safe: 13, l1: 50n, at: 51n }],
    ['they are below our finalized head', { safe: 4, l1: 50n, at: 50n }],
  ])(
    'leaves our heads above lower ones of our own chain when %s',
    async (_, { safe, l1, ...b }) => {
      const world = await settled();
      world.l1.reorg(b.at, 'b');
      world.source().status = statusOf(CHAIN, { safe, currentL1: world.l1.canonical(l1) });
      await world.poll();
      expect(world.count('behind')).toBe(1);
      expect(world.heads).toMatchObject({ safe: at(CHAIN, 15), currentL1: l1Block(50n) });
    },
  );

  it('refuses it when its own L1 blocks went with the same reorg, though the cache has them', async () => {
    const world = await settled();
    world.engine.import(...FORK);
    world.source().status = statusOf(FORK, { safe: 15, finalized: 5, currentL1: l1Block(55n) });
    await world.poll();
    world.l1.reorg(50n, 'b');
    await world.poll();
    expect(world.count('error_l1_mismatch')).toBe(1);
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 15), currentL1: l1Block(50n) });
  });

  it('does not take current_l1 back to a block that went with the same reorg', async () => {
    const world = await settled();
    const currentL1 = l1Block(49n);
    world.source().status = statusOf(CHAIN, { safe: 15, finalized: 5, currentL1 });
    await world.poll();
    world.l1.reorg(49n, 'b');
    await world.poll();
    expect(world.count('error_l1_mismatch')).toBe(1);
    expect(world.heads.currentL1).toEqual(l1Block(50n));
  });

  it('refuses it once a status has confirmed our safe head on the new L1', async () => {
    const world = await settled();
    world.engine.import(...FORK);
    world.l1.reorg(50n, 'b');
    world.l1.forget();
    const currentL1 = world.l1.canonical(52n);
    world.source().status = statusOf(CHAIN, { safe: 15, finalized: 5, currentL1 });
    await world.poll();
    expect(world.heads.currentL1).toEqual(currentL1);
    world.source().status = statusOf(FORK, { safe: 15, finalized: 5, currentL1 });
    await world.poll();
    expect(world.count('conflict')).toBe(1);
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
    world.l1.reorg(52n, 'c');
    world.source().status = statusOf(FORK, {
      ...{ safe: 15, finalized: 5, currentL1: world.l1.canonical(53n) },
    });
    await world.poll();
    expect(world.heads.safe).toEqual(at(FORK, 15));
  });

  it('waits when the L1 blocks of our safe head cannot be looked up', async () => {
    const world = await settled();
    world.l1.failing.add(50n);
    world.source().status = statusOf(FORK, { safe: 15, finalized: 5, currentL1: l1Block(55n) });
    await world.poll();
    expect(world.count('error_l1_lookup')).toBe(1);
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
  });

  it('asks the source for its block at our safe height when it only names higher ones that we do not have', async () => {
    const world = await settled();
    world.source().chain = FORK;
    world.source().status = statusOf(FORK, { safe: 25, finalized: 5 });
    await world.poll();
    expect(world.count('conflict')).toBe(1);
    expect(world.engine.targets).toHaveLength(1);
  });

  it('lets the engine find a fork that the source does not show, and appeals once our L1 has lost ours', async () => {
    const world = await settled();
    world.engine.import(...FORK);
    world.source().status = statusOf(FORK, { safe: 25, finalized: 5 });
    await world.poll();
    expect(world.count('conflict')).toBe(1);
    expect(world.engine.targets.at(-1)?.mayReplaceSafe).toBe(false);
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
    world.l1.reorg(50n, 'b');
    world.source().status = statusOf(FORK, {
      safe: 25,
      finalized: 5,
      currentL1: world.l1.canonical(49n),
    });
    await world.poll();
    expect(world.engine.targets.at(-1)?.mayReplaceSafe).toBe(true);
    expect(world.heads.safe).toEqual(at(FORK, 25));
  });

  it('gives no leave to replace the safe head for a fork whose root nobody can show', async () => {
    const world = await settled();
    const fork = refsOn(at(CHAIN, 12), 18, 'unheld');
    world.source().status = statusOf([...CHAIN.slice(0, 12), ...fork], { safe: 18, finalized: 5 });
    await world.poll();
    expect(world.engine.targets.at(-1)?.mayReplaceSafe).toBe(false);
    expect(world.heads.safe).toEqual(at(CHAIN, 15));
  });

  it('refuses another hash at or below our finalized head even after an L1 reorg', async () => {
    const world = await settled();
    world.source().status = statusOf(CHAIN, { safe: 15, finalized: 14 });
    await world.poll();
    world.engine.import(...FORK);
    world.l1.reorg(1n, 'b');
    const moved = { l1Origin: GENESIS_REF.l1Origin };
    world.source().status = {
      currentL1: null,
      headL1: null,
      unsafe: null,
      localSafe: { ...at(FORK, 16), ...moved },
      safe: { ...at(FORK, 16), ...moved },
      finalized: { ...at(FORK, 13), ...moved },
    };
    await world.poll();
    expect(world.count('finalized_conflict')).toBe(1);
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 15), finalized: at(CHAIN, 14) });
  });

  it('refuses a safe head that does not descend from our finalized head', async () => {
    const world = await settled();
    world.source().status = statusOf(CHAIN, { safe: 15, finalized: 14 });
    await world.poll();
    world.source().chain = FORK;
    world.source().status = statusOf(FORK, { safe: 25 });
    await world.poll();
    expect(world.count('finalized_conflict')).toBe(1);
  });

  it('lets the first checked status after the start replace the safe head, with a warning', async () => {
    const world = new FollowWorld();
    world.engine.startAt(CHAIN.slice(0, 20));
    world.engine.import(...FORK);
    world.source().status = statusOf(FORK, { safe: 14 });
    await world.poll();
    expect(world.heads.safe).toEqual(at(FORK, 14));
    expect(world.log.find('Follow status replaces our safe head')).toHaveLength(1);
    world.source().status = statusOf(CHAIN, { safe: 14 });
    await world.poll();
    expect(world.count('conflict')).toBe(1);
  });

  it('does not let the first checked status go below the proven finalized head', async () => {
    const world = new FollowWorld();
    world.engine.startAt(CHAIN.slice(0, 20), { finalized: at(CHAIN, 14) });
    world.engine.import(...FORK);
    world.source().status = statusOf(FORK, { safe: 14 });
    await world.poll();
    expect(world.count('finalized_conflict')).toBe(1);
    expect(world.heads.safe).toEqual(at(CHAIN, 20));
  });

  it('sets the gauge and names the way out once a conflict has lasted five minutes, and clears it after', async () => {
    const world = await settled();
    world.source().status = statusOf(FORK, { safe: 15, finalized: 5 });
    await world.poll(150);
    expect(world.metrics.value('follow_conflict_lasting')).toBe(0);
    await world.poll(2);
    expect(world.metrics.value('follow_conflict_lasting')).toBe(1);
    const lines = world.log.messages('error');
    expect(lines).toEqual(['Follow statuses have been in conflict for five minutes']);
    world.source().status = statusOf(CHAIN, { safe: 16, finalized: 5 });
    await world.poll();
    expect(world.metrics.value('follow_conflict_lasting')).toBe(0);
  });
});

describe('the initial sync of the execution layer', () => {
  it('stays idle until no payload has come for a while, then its target starts the sync', async () => {
    const world = new FollowWorld();
    world.engine.set({ elSync: 'willStart' });
    world.source().status = statusOf(CHAIN, { safe: 15 });
    await world.poll(15);
    expect(world.source().rpc.calls).toEqual([]);
    await world.poll();
    expect(world.clock.monotonicMs()).toBe(30_000);
    expect(world.engine.targets).toHaveLength(1);
  });

  it('stays idle as long as payloads come', async () => {
    const world = new FollowWorld();
    world.engine.set({ elSync: 'started' });
    world.source().status = statusOf(CHAIN, { safe: 15 });
    for (let i = 0; i < 30; i += 1) {
      world.engine.set({ unsafe: at(CHAIN, i + 1) });
      await world.poll();
    }
    expect(world.engine.targets).toEqual([]);
    world.engine.import(...CHAIN);
    world.engine.set({ elSync: 'finished' });
    await world.poll();
    expect(world.engine.targets).toHaveLength(1);
  });

  it('goes on polling after it has started the sync itself, until the engine reaches the target', async () => {
    const world = new FollowWorld();
    world.engine.set({ elSync: 'willStart' });
    world.source().status = statusOf(CHAIN, { safe: 15 });
    await world.poll(16);
    world.engine.set({ elSync: 'started' });
    await world.poll(2);
    world.engine.import(...CHAIN);
    await world.poll();
    expect(world.engine.targets).toHaveLength(4);
    expect(world.heads).toMatchObject({ elSync: 'finished', safe: at(CHAIN, 15) });
  });
});

describe('the engine', () => {
  it('counts success while it is syncing to the target, and notes nothing as accepted', async () => {
    const world = new FollowWorld();
    world.source().status = statusOf(CHAIN, { safe: 15 });
    await world.poll();
    expect(world.count('success')).toBe(1);
    expect(world.heads.safe).toEqual(GENESIS_REF);
    // Still the first status that is applied: it may replace what the engine had at start.
    const fork = refsOn(at(CHAIN, 12), 5, 'fork');
    world.engine.startAt(CHAIN.slice(0, 15));
    world.engine.import(...fork);
    world.source().status = statusOf([...CHAIN.slice(0, 12), ...fork], { safe: 14 });
    await world.poll();
    expect(world.heads.safe).toEqual(at(fork, 2));
  });

  it.each([
    ['invalid', 'error_invalid_state'],
    ['forkchoice', 'error_invalid_state'],
    ['not_one_chain', 'error_invalid_state'],
    ['safe_conflict', 'conflict'],
    ['finalized_conflict', 'finalized_conflict'],
  ] as const)('takes a refusal of the engine (%s) for a refused status', async (cause, result) => {
    const world = await settled();
    world.source().status = statusOf(CHAIN, { safe: 16, finalized: 5 });
    world.engine.scripted.push({ kind: 'ok', value: { kind: 'refused', reason: 'no', cause } });
    await world.poll();
    expect(world.count(result)).toBe(1);
    expect(world.metrics.value('follow_engine_refusals_total')).toBe(1);
    expect(world.count('success')).toBe(1);
  });

  it.each([
    ['failed', { kind: 'failed', error: SOURCE_DOWN }],
    ['superseded', { kind: 'superseded' }],
  ] as const)('does not hold a %s target against the source', async (_, settledAs) => {
    const world = await settled();
    world.engine.scripted.push(settledAs);
    await world.poll();
    expect(world.count('error_engine')).toBe(1);
    await world.poll();
    expect(world.count('success')).toBe(2);
  });

  it('gives a target up that the engine does not settle within a minute', async () => {
    const world = await settled();
    world.engine.scripted.push('hang');
    await world.poll();
    expect(world.clock.monotonicMs()).toBe(62_000);
    expect(world.count('error_engine')).toBe(1);
  });

  it('does not hold a failing read of our own chain against the source', async () => {
    const world = await settled();
    world.engine.readError = SOURCE_DOWN;
    world.source().status = statusOf(CHAIN, { safe: 16, finalized: 5 });
    await world.poll();
    expect(world.count('error_engine')).toBe(1);
  });

  it('goes on after a throw that nobody planned for', async () => {
    const world = await settled();
    world.engine.scripted.push({ kind: 'ok', value: null as never });
    await world.poll();
    expect(world.count('error_engine')).toBe(1);
    await world.poll();
    expect(world.count('success')).toBe(2);
  });
});

describe('stopping', () => {
  it('ends a step with ABORTED while it waits, reads or applies', async () => {
    const waiting = await settled();
    const step = waiting.actor.step(waiting.stop.signal);
    waiting.stop.abort();
    await expect(step).rejects.toMatchObject({ code: 'ABORTED' });

    const applying = await settled();
    applying.engine.scripted.push('hang');
    const applied = applying.actor.step(applying.stop.signal);
    await applying.clock.advance(2_000);
    applying.stop.abort();
    await expect(applied).rejects.toMatchObject({ code: 'ABORTED' });

    const reading = await settled();
    reading.source().fault = new NodeError('ABORTED', 'stopped', { severity: 'temporary' });
    const read = reading.actor.step(reading.stop.signal);
    read.catch(() => undefined);
    await reading.clock.advance(2_000);
    await expect(read).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('metrics', () => {
  it('measures drift, age and latency', async () => {
    const world = await settled();
    const value = (name: string, labels = {}): number | undefined =>
      world.metrics.value(name, labels);
    expect(value('follow_drift_blocks', { head: 'unsafe' })).toBe(-5);
    expect(value('follow_drift_blocks', { head: 'safe' })).toBe(0);
    world.source().status = statusOf(CHAIN, { safe: 7, finalized: 5 });
    await world.poll(2);
    expect(value('follow_drift_blocks', { head: 'safe' })).toBe(-8);
    expect(value('follow_drift_seconds', { head: 'local_safe' })).toBe(-16);
    expect(value('follow_last_good_status_age_seconds')).toBe(4);
    await world.clock.advance(500);
    expect(value('follow_last_good_status_age_seconds')).toBe(4.5);
    expect(value('follow_source_latency_seconds', { source: '0' })).toBe(3);
    expect(value('follow_source_results_total', { source: '0', result: 'behind' })).toBe(2);
    expect(value('follow_l1_checked')).toBe(1);
  });
});
