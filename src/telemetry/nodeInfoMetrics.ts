import type { Gauge, MetricsRegistry } from './registry.js';

/** op-node's metrics about the node as a whole. op-node `op-node/metrics/metrics.go`. */
export class NodeInfoMetrics {
  private readonly info: Gauge<{ readonly version: string }>;
  private readonly up: Gauge<Readonly<Record<string, never>>>;

  constructor(registry: MetricsRegistry) {
    this.info = registry.gauge({
      name: 'info',
      help: 'Pseudo-metric tracking version and config info',
      labels: ['version'],
    });
    this.up = registry.gauge({
      name: 'up',
      help: '1 if the op node has finished starting up',
      labels: [],
    });
  }

  /** @param version as `optimism_version` answers it. */
  recordInfo(version: string): void {
    this.info.set({ version }, 1);
  }

  /** The node has finished starting. */
  recordUp(): void {
    this.up.set({}, 1);
  }
}
