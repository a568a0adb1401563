import type { MetricsRegistry } from '../../telemetry/registry.js';
import type { VerifierRecorder } from './ports.js';

/** Makes the metrics of `--l2.follow.verify`; once a node. All are ours. */
export function makeVerifierMetrics(registry: MetricsRegistry): VerifierRecorder {
  const gauge = (name: string, help: string) => registry.gauge<never>({ name, help, labels: [] });
  const counter = (name: string, help: string) => {
    const made = registry.counter<never>({ name, help, labels: [] });
    made.inc({}, 0);
    return made;
  };
  const verified = gauge('follow_verified_number', 'Highest followed block that L1 confirms');
  const origin = gauge('follow_verify_l1_number', 'L1 block that verification has read');
  const refuted = counter('follow_refuted_total', 'Followed blocks that are not what L1 says');
  const replaced = counter(
    'follow_verify_replaced_total',
    'Followed blocks taken as replacements of invalid batches, which is not verified',
  );
  const restarts = counter('follow_verify_restarts_total', 'Times that verification started over');
  return {
    verified: ({ number }) => verified.set({}, Number(number)),
    originMoved: ({ number }) => origin.set({}, Number(number)),
    refuted: () => refuted.inc({}),
    replaced: () => replaced.inc({}),
    startedOver: () => restarts.inc({}),
  };
}
