import { makeEvent, type UnixSeconds } from '../../telemetry/eventMetric.js';
import type { MetricsRegistry } from '../../telemetry/registry.js';
import type { ChallengeRecorder } from '../altda/ports.js';

export interface AltDaMetrics {
  readonly challenges: ChallengeRecorder;
  /** A request to the DA server failed; 404 is an answer. */
  readonly storageError: () => void;
}

/**
 * Makes the metrics of alternative data availability under op-node's names; once a node. op-node counts neither the
 * challenges nor the errors. op-node `op-alt-da/metrics.go`.
 */
export function makeAltDaMetrics(registry: MetricsRegistry, now: UnixSeconds): AltDaMetrics {
  const status = registry.gauge<'status'>({
    name: 'challenges_status',
    help: 'Gauge representing the status of challenges synced',
    labels: ['status'],
  });
  const head = registry.gauge<'type'>({
    name: 'challenges_head',
    help: 'Gauge representing the l1 heads of challenges synced',
    labels: ['type'],
  });
  const counts = { active: 0, resolved: 0, expired: 0 };
  return {
    challenges: {
      readTo: (number) => head.set({ type: 'latest' }, Number(number)),
      finalTo: (number) => head.set({ type: 'finalized' }, Number(number)),
      counted: (kind, count) => {
        if (count === 0) return;
        counts[kind] += count;
        status.set({ status: kind }, counts[kind]);
      },
    },
    storageError: makeEvent(
      { registry, now },
      'storage_errors',
      'errors when fetching or uploading to storage service',
    ),
  };
}
