import type {
  Counter,
  Gauge,
  Histogram,
  HistogramSpec,
  Labels,
  MetricSpec,
  MetricsRegistry,
} from '../../src/telemetry/registry.js';

type Kind = 'counter' | 'gauge' | 'histogram';

interface Recorded {
  readonly kind: Kind;
  readonly spec: MetricSpec;
  /** By label key: the counter's sum, the gauge's value, or the number of observations. */
  readonly values: Map<string, number>;
  readonly observations: Map<string, number[]>;
  /** Of a sampled gauge. */
  readonly read?: () => number;
}

/** Records the values of all metrics; a name may be made once, as in the real registry. */
export class FakeMetrics implements MetricsRegistry {
  private readonly metrics = new Map<string, Recorded>();

  counter<N extends string>(spec: MetricSpec<N>): Counter<Readonly<Record<N, string>>> {
    const metric = this.make('counter', spec);
    return {
      inc: (labels, by = 1) => {
        const key = keyOf(spec, labels);
        metric.values.set(key, (metric.values.get(key) ?? 0) + by);
      },
    };
  }

  gauge<N extends string>(spec: MetricSpec<N>): Gauge<Readonly<Record<N, string>>> {
    const metric = this.make('gauge', spec);
    return { set: (labels, value) => metric.values.set(keyOf(spec, labels), value) };
  }

  sampledGauge(spec: MetricSpec<never>, read: () => number): void {
    this.make('gauge', spec, read);
  }

  histogram<N extends string>(spec: HistogramSpec<N>): Histogram<Readonly<Record<N, string>>> {
    const metric = this.make('histogram', spec);
    return {
      observe: (labels, value) => {
        const key = keyOf(spec, labels);
        const all = metric.observations.get(key) ?? [];
        metric.observations.set(key, [...all, value]);
        metric.values.set(key, all.length + 1);
      },
    };
  }

  /** Sum, value or number of observations; undefined when never recorded. Name without `op_node_default_`. */
  value(name: string, labels: Labels = {}): number | undefined {
    const metric = this.metric(name);
    return metric.read?.() ?? metric.values.get(keyOf(metric.spec, labels));
  }

  /** All observations of a histogram, in order. */
  observations(name: string, labels: Labels = {}): readonly number[] {
    const metric = this.metric(name);
    return metric.observations.get(keyOf(metric.spec, labels)) ?? [];
  }

  /** The names made so far. */
  get names(): string[] {
    return [...this.metrics.keys()];
  }

  private metric(name: string): Recorded {
    const metric = this.metrics.get(name);
    if (metric === undefined) throw new Error(`no metric ${name}`);
    return metric;
  }

  private make(kind: Kind, spec: MetricSpec, read?: () => number): Recorded {
    if (this.metrics.has(spec.name)) throw new Error(`metric ${spec.name} made twice`);
    const values = new Map<string, number>();
    const observations = new Map<string, number[]>();
    const metric = { kind, spec, values, observations, ...(read && { read }) };
    this.metrics.set(spec.name, metric);
    return metric;
  }
}

function keyOf(spec: MetricSpec, labels: Labels): string {
  const given = Object.keys(labels).sort();
  const wanted = [...spec.labels].sort();
  if (given.join() !== wanted.join()) {
    throw new Error(`metric ${spec.name} has labels [${wanted}], got [${given}]`);
  }
  return wanted.map((label) => `${label}=${labels[label]}`).join();
}
