import { describe, expect, it } from 'vitest';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { at, FollowWorld, refsOn, SOURCE_DOWN, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 60);
const FORK = [...CHAIN.slice(0, 12), ...refsOn(at(CHAIN, 12), 28, 'fork')];

function quorumOf(required: number, safes: readonly number[]): FollowWorld {
  const world = new FollowWorld({ sources: safes.length, options: { quorum: required } });
  world.engine.startAt(CHAIN.slice(0, 50), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
  for (const [i, safe] of safes.entries()) {
    world.source(i).status = statusOf(CHAIN, { safe, finalized: 5 });
    world.source(i).chain = CHAIN;
  }
  return world;
}

describe('a quorum of sources', () => {
  it('polls all sources and takes the head that enough of them have', async () => {
    const world = quorumOf(2, [30, 25, 20]);
    await world.poll();
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 25), finalized: at(CHAIN, 5) });
    expect(world.count('success')).toBe(1);
    expect(world.metrics.value('follow_quorum_healthy_sources')).toBe(3);
    expect(world.metrics.value('follow_quorum_met')).toBe(1);
    expect(world.source(0).rpc.count('optimism_outputAtBlock')).toBe(1);
  });

  it.each([0, 1, 2])(
    'is not held up by source %i that tells of other blocks below its head',
    async (liar) => {
      const world = new FollowWorld({ sources: 3, options: { quorum: 2 } });
      world.engine.startAt(CHAIN.slice(0, 20), { safe: at(CHAIN, 10), localSafe: at(CHAIN, 10) });
      for (const source of world.sources) {
        source.status = statusOf(CHAIN, { safe: 12, finalized: 11 });
        source.chain = CHAIN;
      }
      await world.poll();
      world.engine.import(...CHAIN);
      for (const source of world.sources) {
        source.status = statusOf(CHAIN, { safe: 25, finalized: 24 });
      }
      world.source(liar).chain = [...CHAIN.slice(0, 5), ...refsOn(at(CHAIN, 5), 40, 'lie')];
      await world.poll();
      expect([world.count('success'), world.count('conflict')]).toEqual([2, 0]);
      expect(world.heads.safe).toEqual(at(CHAIN, 25));
    },
  );

  it('does not follow one source that lies, whatever it says', async () => {
    const world = quorumOf(2, [20, 20, 20]);
    world.source(2).status = statusOf(FORK, { safe: 40, finalized: 35, currentL1: l1Block(90n) });
    world.source(2).chain = FORK;
    await world.poll();
    world.source(0).status = statusOf(CHAIN, { safe: 24, finalized: 6 });
    world.source(1).status = statusOf(CHAIN, { safe: 22, finalized: 6 });
    await world.poll();
    expect(world.heads).toMatchObject({ safe: at(CHAIN, 22), finalized: at(CHAIN, 6) });
  });

  it('lets the heads stand with a gauge and one warning while too few are healthy', async () => {
    const world = quorumOf(2, [20, 20]);
    await world.poll();
    world.source(0).status = statusOf(CHAIN, { safe: 25, finalized: 5 });
    world.source(1).fault = SOURCE_DOWN;
    await world.poll(3);
    expect(world.heads.safe).toEqual(at(CHAIN, 20));
    expect(world.count('error_fetch_status')).toBe(3);
    expect(world.metrics.value('follow_quorum_met')).toBe(0);
    expect(world.metrics.value('follow_quorum_healthy_sources')).toBe(1);
    expect(world.log.find('Follow quorum is not met: heads stand still')).toHaveLength(1);
    world.source(1).fault = null;
    world.source(1).status = statusOf(CHAIN, { safe: 24, finalized: 5 });
    await world.poll();
    expect(world.heads.safe).toEqual(at(CHAIN, 24));
    expect(world.log.find('Follow quorum is met again')).toHaveLength(1);
  });

  it('does not count a source whose own status does not pass its checks', async () => {
    const world = quorumOf(2, [20, 20]);
    world.source(1).status = { ...statusOf(CHAIN, { safe: 20 }), finalized: at(CHAIN, 22) };
    await world.poll();
    expect(world.count('error_invalid_state')).toBe(1);
    world.source(1).status = statusOf(CHAIN, { safe: 20, currentL1: l1Block(50n, 'x') });
    await world.poll();
    expect(world.count('error_l1_mismatch')).toBe(1);
    expect(world.engine.targets).toEqual([]);
  });

  it('waits for our own L1 without calling the sources failed', async () => {
    const world = quorumOf(2, [20, 20]);
    world.l1.head = 1n;
    await world.poll(2);
    expect(world.count('error_l1_lookup')).toBe(2);
    expect(world.clock.monotonicMs()).toBe(2_000);
  });

  it('calls it a conflict when enough are healthy but do not agree', async () => {
    const world = quorumOf(2, [20, 20]);
    world.source(1).status = statusOf(FORK, { safe: 20, finalized: 5 });
    world.source(1).chain = FORK;
    await world.poll();
    expect(world.count('conflict')).toBe(1);
    expect(world.engine.targets).toEqual([]);
  });

  it('publishes the lowest current_l1 of those who agree', async () => {
    const world = quorumOf(2, [20, 20]);
    world.source(1).status = statusOf(CHAIN, { safe: 20, finalized: 5, currentL1: l1Block(47n) });
    await world.poll();
    expect(world.heads.currentL1).toEqual(l1Block(47n));
  });

  it('checks what the quorum says against our own chain like any status', async () => {
    const world = quorumOf(2, [20, 20]);
    await world.poll();
    for (const source of world.sources) {
      source.status = statusOf(FORK, { safe: 20, finalized: 5 });
      source.chain = FORK;
    }
    await world.poll();
    expect(world.count('conflict')).toBe(1);
    expect(world.heads.safe).toEqual(at(CHAIN, 20));
  });

  it('waits one second for stragglers once enough have answered, and asks them only once at a time', async () => {
    const world = quorumOf(2, [20, 20, 30]);
    let release = (): void => undefined;
    world.source(2).gate = new Promise((resolve) => {
      release = resolve;
    });
    await world.poll();
    expect(world.clock.monotonicMs()).toBe(1_000);
    expect(world.heads.safe).toEqual(at(CHAIN, 20));
    await world.poll();
    expect(world.source(2).rpc.count('optimism_syncStatus')).toBe(1);
    expect(world.count('success')).toBe(2);
    release();
    world.source(2).gate = null;
    world.source(0).status = statusOf(CHAIN, { safe: 28, finalized: 5 });
    await world.poll();
    expect(world.metrics.value('follow_quorum_healthy_sources')).toBe(3);
    expect(world.heads.safe).toEqual(at(CHAIN, 28));
  });

  it('ends with ABORTED when it is stopped while sources are silent', async () => {
    const world = quorumOf(2, [20, 20]);
    const aborted = new NodeError('ABORTED', 'stopped', { severity: 'temporary' });
    for (const source of world.sources) {
      source.gate = new Promise((_, reject) => {
        world.stop.signal.addEventListener('abort', () => reject(aborted));
      });
    }
    const step = world.actor.step(world.stop.signal);
    await world.clock.advance(100);
    world.stop.abort();
    await expect(step).rejects.toBe(aborted);
  });
});
