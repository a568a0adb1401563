import { describe, expect, it } from 'vitest';
import { FollowMetrics } from '../../../src/follow/followMetrics.js';
import { POLL_RESULTS } from '../../../src/follow/pollOutcome.js';
import { makeP2pMetrics } from '../../../src/p2p/p2pMetrics.js';
import { PromRegistry } from '../../../src/telemetry/promRegistry.js';

describe('counters that alerts watch for their first event', () => {
  it('are zero before it, for every way a poll can end', async () => {
    const registry = new PromRegistry();
    new FollowMetrics(registry);
    expect((await registry.read('follow_source_requests_total')).values).toEqual(
      POLL_RESULTS.map((result) => ({ labels: { result }, value: 0 })),
    );
  });

  it('are zero before it, for every verdict on a gossiped block', async () => {
    const registry = new PromRegistry();
    makeP2pMetrics(registry);
    expect((await registry.read('p2p_gossip_blocks_total')).values).toEqual(
      ['accept', 'ignore', 'reject'].map((verdict) => ({ labels: { verdict }, value: 0 })),
    );
  });
});
