import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { NodeError } from '../errors/nodeError.js';
import { heldCounter } from './heldCounter.js';
import { heldGauge } from './heldGauge.js';
import { heldHistogram } from './heldHistogram.js';
import { collectLoopLag } from './loopLag.js';
import { collectProcessMetrics } from './processMetrics.js';
import type {
  Counter as CounterPort,
  Gauge as GaugePort,
  Histogram as HistogramPort,
  HistogramSpec,
  Labels,
  MetricReading,
  MetricSpec,
  MetricsReader,
  MetricsRegistry,
} from './registry.js';
import { ScrapeMetrics } from './scrapeMetrics.js';

/** op-node's namespace; dashboards and alerts are written against it. */
export const METRICS_NAMESPACE = 'op_node_default_';

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/**
 * How often prom-client's own timer for the lag of the event loop fires, which it has in any case: as rarely as it takes.
 * Each tenth of a second it would be a sixth of all that a node does that rests.
 */
const NEVER_MS = 2 ** 31 - 1;

/** A metric that was made, for the documentation. */
export interface RegisteredMetric {
  readonly kind: MetricKind;
  readonly spec: MetricSpec;
}

/** As prom-client gives it; only values of a histogram have the name of what they are. */
interface ReadValue {
  readonly labels: object;
  readonly value: number;
  readonly metricName?: string;
}

/** The metrics of this node in prom-client, with the usual metrics of the process beside them. */
export class PromRegistry implements MetricsRegistry, MetricsReader {
  private readonly registry = new Registry();
  private readonly scrapes = new ScrapeMetrics(this.registry);
  private readonly made: RegisteredMetric[] = [];

  constructor() {
    collectDefaultMetrics({
      register: this.registry,
      eventLoopMonitoringPrecision: NEVER_MS,
    });
    collectLoopLag(this.registry);
    collectProcessMetrics(this.registry);
  }

  /** What was made so far, in order; without the metrics of the process. */
  get registered(): readonly RegisteredMetric[] {
    return this.made;
  }

  /** The content type of `expose`. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** All metrics in the Prometheus text format. */
  expose(): Promise<string> {
    return this.scrapes.count(() => this.registry.metrics());
  }

  /** @throws NodeError UNEXPECTED (critical) when the name was made before; so do the others. */
  counter<N extends string>(spec: MetricSpec<N>): CounterPort<Readonly<Record<N, string>>> {
    this.register('counter', spec);
    return heldCounter(this.config(spec));
  }

  gauge<N extends string>(spec: MetricSpec<N>): GaugePort<Readonly<Record<N, string>>> {
    this.register('gauge', spec);
    return heldGauge(this.config(spec));
  }

  sampledGauge(spec: MetricSpec<never>, read: () => number): void {
    this.register('gauge', spec);
    new Gauge({
      ...this.config(spec),
      collect() {
        this.set(read());
      },
    });
  }

  histogram<N extends string>(spec: HistogramSpec<N>): HistogramPort<Readonly<Record<N, string>>> {
    this.register('histogram', spec);
    return heldHistogram({ ...this.config(spec), buckets: [...spec.buckets] });
  }

  async read(name: string): Promise<MetricReading> {
    const metric = this.registry.getSingleMetric(`${METRICS_NAMESPACE}${name}`);
    const all: readonly ReadValue[] = metric === undefined ? [] : (await metric.get()).values;
    const of = (suffix: string) =>
      all.filter(({ metricName }) => metricName === `${METRICS_NAMESPACE}${name}_${suffix}`);
    // prom-client writes both of each set of labels, in the same order.
    const counts = of('count');
    return {
      values: all.map(({ labels, value }) => ({ labels: labels as Labels, value })),
      totals: of('sum').map(({ labels, value }, at) => ({
        labels: labels as Labels,
        sum: value,
        count: counts[at]?.value ?? 0,
      })),
    };
  }

  private config<N extends string>({ name, help, labels }: MetricSpec<N>) {
    return {
      name: `${METRICS_NAMESPACE}${name}`,
      help,
      labelNames: [...labels],
      registers: [this.registry],
    };
  }

  private register(kind: MetricKind, spec: MetricSpec): void {
    if (this.made.some((metric) => metric.spec.name === spec.name)) {
      throw new NodeError('UNEXPECTED', 'metric was made twice', {
        severity: 'critical',
        fields: { metric: spec.name },
      });
    }
    this.made.push({ kind, spec });
  }
}
