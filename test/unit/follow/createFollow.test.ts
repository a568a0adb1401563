import { describe, expect, it } from 'vitest';
import { createFollow } from '../../../src/follow/createFollow.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeFollowEngine } from '../../support/fakeFollowEngine.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { FakeMetrics } from '../../support/fakeMetrics.js';
import { FakeRpcClient } from '../../support/fakeRpcClient.js';
import { FollowWorld } from '../../support/followWorld.js';
import { TEST_ROLLUP } from '../../support/l2Chain.js';

function create(options: { sources: string[]; quorum?: number }, asked: string[] = []) {
  const engine = new FakeFollowEngine();
  return createFollow(
    {
      ...{ pollIntervalMs: 2_000, rpcTimeoutMs: 10_000, quorum: 0, maxLagBlocks: 0 },
      ...{ blocksUrl: 'http://blocks', extendsUnsafe: true, config: TEST_ROLLUP },
      ...options,
    },
    {
      rpcFor: (url) => {
        asked.push(url);
        return new FakeRpcClient({});
      },
      webSocketFor: null,
      ...{ engine, l2: engine, l1: null, clock: new FakeClock(), random: () => 0 },
      payloads: { newPayload: async () => Promise.reject(new Error('not expected')) },
      ...{ metrics: new FakeMetrics(), log: new FakeLogger() },
    },
  );
}

describe('createFollow', () => {
  it('makes the follow and the block actor, with one client for each URL', () => {
    const asked: string[] = [];
    const actors = create({ sources: ['http://a', 'http://b'] }, asked);
    expect(actors.map((actor) => actor.name)).toEqual(['follow', 'follow-blocks']);
    expect(asked).toEqual(['http://a', 'http://b', 'http://blocks']);
  });

  it.each([
    [{ sources: [] }, 'no follow source'],
    [{ sources: ['http://a', 'http://a'] }, 'two equal follow sources'],
    [{ sources: ['http://a'], quorum: 2 }, 'quorum 2 is above the number of sources 1'],
  ])('refuses %j', (options, problem) => {
    const make = (): unknown => create(options);
    expect(make).toThrow(problem);
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', severity: 'critical' }));
  });

  it('asks nobody anything before its actors run', () => {
    const world = new FollowWorld({ sources: 2 });
    expect(world.sources.flatMap((source) => source.rpc.calls)).toEqual([]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('keeps op-node metric names and starts no name twice', () => {
    const { metrics } = new FollowWorld();
    expect(metrics.names).toContain('follow_source_requests_total');
    expect(metrics.names.every((name) => name.startsWith('follow_'))).toBe(true);
  });
});
