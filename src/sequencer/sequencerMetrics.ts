import type { Clock } from '../runtime/clock.js';
import { makeEvent } from '../telemetry/eventMetric.js';
import type { MetricsRegistry } from '../telemetry/registry.js';
import type { SequencerRecorder } from './ports.js';

/** Makes op-node's metrics of the sequencer; once a node, also where nothing sequences. op-node `op-node/metrics/metrics.go`. */
export function makeSequencerMetrics(registry: MetricsRegistry, clock: Clock): SequencerRecorder {
  const event = (name: string, what: string) =>
    makeEvent({ registry, now: () => clock.nowMs() / 1000 }, name, what);
  const active = registry.gauge<never>({
    name: 'sequencer_active',
    help: '1 if sequencer active, 0 otherwise',
    labels: [],
  });
  active.set({}, 0);
  return {
    active: (isActive) => active.set({}, isActive ? 1 : 0),
    sequencingError: event('sequencing_errors', 'sequencing errors'),
    publishingError: event('publishing_errors', 'p2p publishing errors'),
    sequencerReset: event('sequencer_resets', 'sequencer resets'),
    inconsistentL1Origin: event(
      'sequencer_inconsistent_l1_origin',
      'events when the sequencer selects an inconsistent L1 origin',
    ),
  };
}
