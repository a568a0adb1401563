import type { MetricsRegistry } from './registry.js';

/** Seconds of Unix time, for `last_…_unix`. */
export type UnixSeconds = () => number;

export interface EventMetricDeps {
  readonly registry: MetricsRegistry;
  readonly now: UnixSeconds;
}

/**
 * op-node's pair for something that happens: a count, and when it happened last.
 * @returns what to call when it happens.
 */
export function makeEvent(
  { registry, now }: EventMetricDeps,
  name: string,
  what: string,
): () => void {
  const total = registry.counter<never>({
    name: `${name}_total`,
    help: `Count of ${what} events`,
    labels: [],
  });
  const last = registry.gauge<never>({
    name: `last_${name}_unix`,
    help: `Timestamp of last ${what} event`,
    labels: [],
  });
  total.inc({}, 0);
  last.set({}, 0);
  return () => {
    total.inc({});
    last.set({}, now());
  };
}
