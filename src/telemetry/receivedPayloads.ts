import type { Clock } from '../runtime/clock.js';
import type { ExecutionPayload } from '../types/payload.js';
import { makeEvent } from './eventMetric.js';
import type { RefMetrics } from './refMetrics.js';
import type { MetricsRegistry } from './registry.js';

/**
 * op-node's metrics of unsafe blocks from peers, one set on every node.
 * @returns what to call with each block that came in. op-node `op-node/metrics/metrics.go` RecordReceivedUnsafePayload.
 */
export function makeReceivedPayloads(
  registry: MetricsRegistry,
  refs: RefMetrics,
  clock: Clock,
): (payload: ExecutionPayload) => void {
  const now = (): number => clock.nowMs() / 1000;
  const received = makeEvent({ registry, now }, 'unsafe_payloads', 'unsafe payloads');
  return ({ blockNumber, timestamp, blockHash }) => {
    received();
    const facts = { number: blockNumber, timestamp, hash: blockHash };
    refs.record({ layer: 'l2', type: 'received_payload' }, facts);
  };
}
