import type { Counter, Gauge, Histogram, MetricsRegistry } from './registry.js';

const NOTHING = (): void => undefined;

/** Metrics for a node whose metrics are off: every value is dropped. */
export class NoopMetrics implements MetricsRegistry {
  counter(): Counter {
    return { inc: NOTHING };
  }

  gauge(): Gauge {
    return { set: NOTHING };
  }

  histogram(): Histogram {
    return { observe: NOTHING };
  }
}
