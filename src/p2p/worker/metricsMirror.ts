import type {
  Counter,
  Gauge,
  Histogram,
  HistogramSpec,
  Labels,
  MetricSpec,
  MetricsRegistry,
} from '../../telemetry/registry.js';

/** Most observations of histograms that one batch carries; what is beyond is not seen. */
const MAX_OBSERVATIONS = 10_000;

/** What happened to metrics of another thread since the batch before. Labels are by name of the metric. */
export interface MetricsBatch {
  readonly counters: readonly MetricChange[];
  readonly gauges: readonly MetricChange[];
  readonly observations: readonly MetricChange[];
}

export type MetricChange = readonly [name: string, labels: Labels, value: number];

/** Metrics of a thread without a registry: what happens is kept until it is taken. */
export class RemoteRegistry implements MetricsRegistry {
  private readonly counters = new Map<string, [string, Labels, number]>();
  private readonly gauges = new Map<string, MetricChange>();
  private readonly samples: (() => void)[] = [];
  private observations: MetricChange[] = [];
  /** What the other thread has been told of gauges, by their keys; labels are bounded by whoever sets them. */
  private readonly told = new Map<string, number>();

  counter<N extends string>({ name }: MetricSpec<N>): Counter<Readonly<Record<N, string>>> {
    return {
      inc: (labels, by = 1) => {
        const key = keyOf(name, labels);
        const before = this.counters.get(key);
        if (before === undefined) this.counters.set(key, [name, labels, by]);
        else before[2] += by;
      },
    };
  }

  gauge<N extends string>({ name }: MetricSpec<N>): Gauge<Readonly<Record<N, string>>> {
    return { set: (labels, value) => this.gauges.set(keyOf(name, labels), [name, labels, value]) };
  }

  /** Read at each batch. */
  sampledGauge({ name }: MetricSpec<never>, read: () => number): void {
    const gauge = this.gauge<never>({ name, help: '', labels: [] });
    this.samples.push(() => gauge.set({}, read()));
  }

  histogram<N extends string>({ name }: HistogramSpec<N>): Histogram<Readonly<Record<N, string>>> {
    return {
      observe: (labels, value) => {
        if (this.observations.length < MAX_OBSERVATIONS) {
          this.observations.push([name, labels, value]);
        }
      },
    };
  }

  /** What happened since the last call; null where nothing did. */
  take(): MetricsBatch | null {
    for (const sample of this.samples) sample();
    const { counters, observations } = this;
    const gauges = this.changedGauges();
    if (counters.size === 0 && gauges.length === 0 && observations.length === 0) return null;
    const batch = { counters: [...counters.values()], gauges, observations };
    this.counters.clear();
    this.observations = [];
    return batch;
  }

  private changedGauges(): readonly MetricChange[] {
    const changed: MetricChange[] = [];
    for (const [key, change] of this.gauges) {
      const [, , value] = change;
      if (Object.is(this.told.get(key), value)) continue;
      this.told.set(key, value);
      changed.push(change);
    }
    this.gauges.clear();
    return changed;
  }
}

/** The metrics of another thread in the registry of this one: made here, moved by that thread's batches. */
export class MirroredRegistry implements MetricsRegistry {
  private readonly counters = new Map<string, Counter>();
  private readonly gauges = new Map<string, Gauge>();
  private readonly histograms = new Map<string, Histogram>();

  constructor(private readonly registry: MetricsRegistry) {}

  counter<N extends string>(spec: MetricSpec<N>): Counter<Readonly<Record<N, string>>> {
    const counter = this.registry.counter(spec);
    this.counters.set(spec.name, counter as Counter);
    return counter;
  }

  gauge<N extends string>(spec: MetricSpec<N>): Gauge<Readonly<Record<N, string>>> {
    const gauge = this.registry.gauge(spec);
    this.gauges.set(spec.name, gauge as Gauge);
    return gauge;
  }

  sampledGauge(spec: MetricSpec<never>): void {
    this.gauge(spec);
  }

  histogram<N extends string>(spec: HistogramSpec<N>): Histogram<Readonly<Record<N, string>>> {
    const histogram = this.registry.histogram(spec);
    this.histograms.set(spec.name, histogram as Histogram);
    return histogram;
  }

  apply({ counters, gauges, observations }: MetricsBatch): void {
    for (const [name, labels, value] of counters) this.counters.get(name)?.inc(labels, value);
    for (const [name, labels, value] of gauges) this.gauges.get(name)?.set(labels, value);
    for (const [name, labels, value] of observations) {
      this.histograms.get(name)?.observe(labels, value);
    }
  }
}

function keyOf(name: string, labels: Labels): string {
  return [name, ...Object.values(labels)].join('\u0000');
}
