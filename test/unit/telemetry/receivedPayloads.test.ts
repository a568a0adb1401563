import { describe, expect, it } from 'vitest';
import { makeReceivedPayloads } from '../../../src/telemetry/receivedPayloads.js';
import { RefMetrics } from '../../../src/telemetry/refMetrics.js';
import type { ExecutionPayload } from '../../../src/types/payload.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeMetrics } from '../../support/fakeMetrics.js';

describe('makeReceivedPayloads', () => {
  it('counts blocks of peers, and says when the last one came and which', () => {
    const metrics = new FakeMetrics();
    const clock = new FakeClock(100_000);
    const received = makeReceivedPayloads(
      metrics,
      new RefMetrics({ registry: metrics, clock }),
      clock,
    );
    expect(metrics.value('unsafe_payloads_total')).toBe(0);
    received({
      blockNumber: 7n,
      timestamp: 98n,
      blockHash: `0x${'11'.repeat(32)}`,
    } as ExecutionPayload);
    expect(metrics.value('unsafe_payloads_total')).toBe(1);
    expect(metrics.value('last_unsafe_payloads_unix')).toBe(100);
    const labels = { layer: 'l2', type: 'received_payload' };
    expect(metrics.value('refs_number', labels)).toBe(7);
    expect(metrics.value('refs_latency', labels)).toBe(-2);
  });
});
