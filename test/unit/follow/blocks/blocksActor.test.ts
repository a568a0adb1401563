import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlocksActor } from '../../../../src/follow/blocks/blocksActor.js';
import type { BlockSource } from '../../../../src/follow/choose/strategy.js';
import { FollowMetrics } from '../../../../src/follow/followMetrics.js';
import type { RpcClient } from '../../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { FakeMetrics } from '../../../support/fakeMetrics.js';
import { FakeRpcClient } from '../../../support/fakeRpcClient.js';
import { at, refsOn, SOURCE_DOWN } from '../../../support/followWorld.js';
import { GENESIS_REF } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 9);

let clock: FakeClock;
let log: FakeLogger;
let metrics: FakeMetrics;
let stop: AbortController;
let sources: BlockSource[];
/** Who was asked for blocks up to the target, and who for blocks above it, by name. */
let asked: string[];
/** Thrown by every source, or by the one of that name. */
let error: Error | null;
let failing: string | null;
let fetched: L2BlockRef[];
let extensions: number[];

beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLogger();
  metrics = new FakeMetrics();
  stop = new AbortController();
  sources = [blockSource('a')];
  asked = [];
  error = null;
  failing = null;
  fetched = [];
  extensions = [];
});

afterEach(() => stop.abort());

function blockSource(name: string, leadsUnsafe = true): BlockSource {
  return { name, rpc: new FakeRpcClient({}), leadsUnsafe };
}

function nameOf(rpc: RpcClient): string {
  return sources.find((source) => source.rpc === rpc)?.name ?? '?';
}

/** An actor that is being run. */
function running(extendsUnsafe = true): BlocksActor {
  const fetcher = {
    fetchTo: async (rpc: RpcClient, target: L2BlockRef) => {
      fetched.push(target);
      asked.push(nameOf(rpc));
      if (error !== null || failing === nameOf(rpc)) throw error ?? SOURCE_DOWN;
    },
    extend: async (rpc: RpcClient) => {
      asked.push(`above: ${nameOf(rpc)}`);
      if (failing === `above: ${nameOf(rpc)}`) throw SOURCE_DOWN;
      return extensions.shift() ?? 0;
    },
  };
  const deps = { clock, log, fetcher, random: () => 0, sources: () => sources };
  const actor = new BlocksActor(
    { extendsUnsafe },
    { ...deps, metrics: new FollowMetrics(metrics), vouched: async () => 'anything' },
  );
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) await actor.step(stop.signal);
  };
  run().catch(() => undefined);
  return actor;
}

describe('BlocksActor', () => {
  it('fetches what is offered, and is done with it', async () => {
    const actor = running();
    actor.offer(at(CHAIN, 3));
    await expect(actor.fetched(at(CHAIN, 3), 1_000, stop.signal)).resolves.toBe(true);
    expect(fetched).toEqual([at(CHAIN, 3)]);
  });

  it('passes over offers that a newer one has overtaken', async () => {
    const actor = running();
    actor.offer(at(CHAIN, 3));
    actor.offer(at(CHAIN, 4));
    actor.offer(at(CHAIN, 5));
    await clock.advance(0);
    expect(fetched).toEqual([at(CHAIN, 3), at(CHAIN, 5)]);
  });

  it('extends our head window by window until there is nothing more', async () => {
    extensions = [16, 16, 3, 16];
    running().offer(at(CHAIN, 3));
    await clock.advance(0);
    expect(extensions).toEqual([16]);
  });

  it('asks again for blocks above the same head when it is offered again', async () => {
    const actor = running();
    actor.offer(at(CHAIN, 3));
    await clock.advance(0);
    extensions = [2];
    actor.offer(at(CHAIN, 3));
    await clock.advance(0);
    expect(extensions).toEqual([]);
  });

  it('extends nothing while this node makes the blocks itself', async () => {
    extensions = [1];
    running(false).offer(at(CHAIN, 3));
    await clock.advance(0);
    expect(extensions).toEqual([1]);
    expect(fetched).toHaveLength(1);
  });

  it('tries again with back-off, and gives way after three failures until it works again', async () => {
    error = SOURCE_DOWN;
    const actor = running();
    actor.offer(at(CHAIN, 3));
    await clock.advance(0);
    expect([fetched.length, actor.isWorking()]).toEqual([1, true]);
    await clock.advance(1_000);
    expect([fetched.length, actor.isWorking()]).toEqual([2, true]);
    await clock.advance(2_000);
    expect([fetched.length, actor.isWorking()]).toEqual([3, false]);
    expect(metrics.value('follow_block_failures_total')).toBe(3);
    expect(log.find('Blocks for the follow target could not be fetched')).toHaveLength(3);
    error = null;
    await clock.advance(4_000);
    expect([fetched.length, actor.isWorking()]).toEqual([4, true]);
  });

  it('does not work without a source, and forgets the offer', async () => {
    sources = [];
    const actor = running();
    actor.offer(at(CHAIN, 3));
    await clock.advance(0);
    expect([fetched.length, actor.isWorking()]).toEqual([0, false]);
  });

  it('leaves a source that fails for another at once, and stays there', async () => {
    sources = [blockSource('a'), blockSource('b')];
    failing = 'a';
    const actor = running();
    actor.offer(at(CHAIN, 3));
    await clock.advance(0);
    expect(asked).toEqual(['a', 'b', 'above: b']);
    failing = null;
    actor.offer(at(CHAIN, 4));
    await clock.advance(0);
    expect(asked.slice(3)).toEqual(['b', 'above: b']);
  });

  it('leaves a source whose blocks above the safe head are not what others have', async () => {
    sources = [blockSource('a'), blockSource('b')];
    failing = 'above: a';
    const actor = running();
    actor.offer(at(CHAIN, 3));
    await clock.advance(0);
    actor.offer(at(CHAIN, 3));
    await clock.advance(0);
    expect(asked).toEqual(['a', 'above: a', 'b', 'above: b']);
  });

  it('takes blocks above the safe head only from a source that leads', async () => {
    sources = [blockSource('standby', false), blockSource('active')];
    running().offer(at(CHAIN, 3));
    await clock.advance(0);
    expect(asked).toEqual(['standby', 'above: active']);
  });

  it('waits when every source has failed as often', async () => {
    sources = [blockSource('a'), blockSource('b')];
    error = SOURCE_DOWN;
    const actor = running();
    actor.offer(at(CHAIN, 3));
    await clock.advance(0);
    expect(asked).toEqual(['a', 'b']);
    for (let i = 0; i < 4; i += 1) await clock.advance(30_000);
    expect(actor.isWorking()).toBe(false);
    error = null;
    await clock.advance(30_000);
    expect(actor.isWorking()).toBe(true);
  });

  it('says that a block did not come in time', async () => {
    error = SOURCE_DOWN;
    const actor = running();
    actor.offer(at(CHAIN, 3));
    const pending = actor.fetched(at(CHAIN, 3), 500, stop.signal);
    await clock.advance(500);
    await expect(pending).resolves.toBe(false);
  });

  it('ends a step and a wait with ABORTED', async () => {
    const actor = running();
    const waiting = actor.fetched(at(CHAIN, 3), 5_000, stop.signal);
    const step = actor.step(stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(step).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
