import { Histogram, type HistogramConfiguration } from 'prom-client';
import type { Histogram as HistogramPort } from './registry.js';

/** So many labels objects are known: whoever makes them anew for each value must not fill the memory. */
const MAX_OBJECTS = 256;

type LabelsOf<N extends string> = Readonly<Record<N, string>>;

/** What was seen of one set of labels. */
interface Seen<N extends string> {
  readonly labels: LabelsOf<N>;
  /** How many values each bucket has, without those of the ones below it; the last one is for all above. */
  readonly counts: number[];
  sum: number;
}

/**
 * A histogram of prom-client that counts by itself. prom-client's looks the labels up for each value by a text that it makes
 * of them, which for the calls of a batch was a third of what it took to answer them. Here a value goes to its labels object,
 * so those who observe often keep theirs.
 */
export function heldHistogram<N extends string>(
  config: HistogramConfiguration<N>,
): HistogramPort<LabelsOf<N>> {
  const histogram = new HeldHistogram<N>(config);
  return { observe: (labels, value) => histogram.add(labels, value) };
}

type Reading<N extends string> = ReturnType<Histogram<N>['get']>;

class HeldHistogram<N extends string> extends Histogram<N> {
  /** Says what the metric is, without any values. */
  private readonly blank: Histogram<N>;
  private readonly names: readonly N[];
  private readonly buckets: readonly number[];
  private readonly byObject = new Map<LabelsOf<N>, Seen<N>>();
  private readonly byText = new Map<string, Seen<N>>();
  /** A value that cannot be counted: told of at the next reading. */
  private unusable: number | null = null;

  constructor(config: HistogramConfiguration<N>) {
    super(config);
    this.blank = new Histogram({ ...config, registers: [] });
    this.names = config.labelNames ?? [];
    this.buckets = config.buckets ?? [];
    // One without labels is there before anything was seen.
    if (this.names.length === 0) this.seenOf({} as LabelsOf<N>);
  }

  add(labels: LabelsOf<N>, value: number): void {
    if (!Number.isFinite(value)) {
      this.unusable = value;
      return;
    }
    const seen = this.byObject.get(labels) ?? this.seenOf(labels);
    const bucket = this.buckets.findIndex((bound) => value <= bound);
    const at = bucket < 0 ? this.buckets.length : bucket;
    seen.counts[at] = (seen.counts[at] ?? 0) + 1;
    seen.sum += value;
  }

  override async get(): Reading<N> {
    const { unusable } = this;
    this.unusable = null;
    if (unusable !== null) throw new TypeError(`not a valid number: ${unusable}`);
    const about = await this.blank.get();
    const values = [...this.byText.values()].flatMap((seen) => this.valuesOf(about.name, seen));
    return { ...about, values };
  }

  /** What prom-client asks for in place of `get`, where it is there, to write a text. */
  getForPromString(): Reading<N> {
    return this.get();
  }

  private valuesOf(name: string, { labels, counts, sum }: Seen<N>) {
    let count = 0;
    const buckets = [...this.buckets, '+Inf'].map((le, at) => {
      count += counts[at] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }

  private seenOf(labels: LabelsOf<N>): Seen<N> {
    const text = JSON.stringify(this.names.map((name) => labels[name]));
    const seen = this.byText.get(text) ?? {
      ...{ labels: { ...labels }, sum: 0 },
      counts: [...this.buckets, Number.POSITIVE_INFINITY].map(() => 0),
    };
    this.byText.set(text, seen);
    if (this.byObject.size === MAX_OBJECTS) this.byObject.clear();
    this.byObject.set(labels, seen);
    return seen;
  }
}
