import { describe, expect, it } from 'vitest';
import { makeP2pMetrics } from '../../../../src/p2p/p2pMetrics.js';
import {
  type MetricsBatch,
  MirroredRegistry,
  RemoteRegistry,
} from '../../../../src/p2p/worker/metricsMirror.js';
import { FakeMetrics } from '../../../support/fakeMetrics.js';

/** Moves what has happened, as the other thread does. @returns what that was. */
function carry(remote: RemoteRegistry, mirror: MirroredRegistry): MetricsBatch | null {
  const batch = remote.take();
  if (batch !== null) mirror.apply(batch);
  return batch;
}

describe('metrics of another thread', () => {
  it('move as if they had been moved here', () => {
    const metrics = new FakeMetrics();
    const mirror = new MirroredRegistry(metrics);
    makeP2pMetrics(mirror);
    const remote = new RemoteRegistry();
    const recorder = makeP2pMetrics(remote);
    recorder.gossipEvent('GRAFT');
    recorder.gossipEvent('GRAFT', 2);
    recorder.dial(false);
    recorder.peerCount(3);
    recorder.peerCount(4);
    recorder.request('client', 7n, 1, 250);
    carry(remote, mirror);
    expect(metrics.value('p2p_gossip_events_total', { type: 'GRAFT' })).toBe(3);
    expect(metrics.value('p2p_dials', { allow: 'false' })).toBe(1);
    expect(metrics.value('p2p_peer_count')).toBe(4);
    const labels = { p2p_role: 'client', p2p_method: 'payload_by_number', result_code: '1' };
    expect(metrics.value('p2p_req_total', labels)).toBe(1);
    expect(metrics.value('p2p_req_duration_seconds', labels)).toBe(1);
    recorder.gossipEvent('GRAFT');
    carry(remote, mirror);
    carry(remote, mirror);
    expect(metrics.value('p2p_gossip_events_total', { type: 'GRAFT' })).toBe(4);
  });

  it('are bounded where they would pile up', () => {
    const remote = new RemoteRegistry();
    const histogram = remote.histogram({ name: 'h', help: '', labels: [], buckets: [1] });
    for (let at = 0; at < 20_000; at++) histogram.observe({}, at);
    expect(remote.take()?.observations).toHaveLength(10_000);
    expect(remote.take()).toBeNull();
  });

  it('are not moved while nothing changes', () => {
    const metrics = new FakeMetrics();
    const mirror = new MirroredRegistry(metrics);
    makeP2pMetrics(mirror);
    const remote = new RemoteRegistry();
    const recorder = makeP2pMetrics(remote);
    recorder.peerCount(4);
    carry(remote, mirror);
    recorder.peerCount(4);
    expect(carry(remote, mirror)).toBeNull();
    recorder.peerCount(5);
    recorder.peerCount(4);
    expect(carry(remote, mirror)).toBeNull();
    recorder.peerCount(5);
    expect(carry(remote, mirror)?.gauges).toHaveLength(1);
    expect(metrics.value('p2p_peer_count')).toBe(5);
  });
});
