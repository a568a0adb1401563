/** Label values by label name. */
export type Labels = Readonly<Record<string, string>>;

export interface Counter<L extends Labels = Labels> {
  inc(labels: L, by?: number): void;
}
export interface Gauge<L extends Labels = Labels> {
  set(labels: L, value: number): void;
}
export interface Histogram<L extends Labels = Labels> {
  observe(labels: L, value: number): void;
}

export interface MetricSpec<N extends string = string> {
  /** Without the `op_node_default_` namespace. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly N[];
}

export interface HistogramSpec<N extends string = string> extends MetricSpec<N> {
  readonly buckets: readonly number[];
}

/**
 * Makes metrics under op-node's namespace `op_node_default_`. A metric is made once, at start, by its owner;
 * an existing op-node name keeps op-node's name, labels and help text.
 */
export interface MetricsRegistry {
  counter<N extends string>(spec: MetricSpec<N>): Counter<Readonly<Record<N, string>>>;
  gauge<N extends string>(spec: MetricSpec<N>): Gauge<Readonly<Record<N, string>>>;
  /** A gauge without labels whose value is read at each scrape: for what changes by itself, like an age. */
  sampledGauge(spec: MetricSpec<never>, read: () => number): void;
  histogram<N extends string>(spec: HistogramSpec<N>): Histogram<Readonly<Record<N, string>>>;
}

/** A value of a counter or gauge. */
export interface MetricValue {
  readonly labels: Labels;
  readonly value: number;
}

/** What a histogram has seen of one set of labels. */
export interface MetricTotals {
  readonly labels: Labels;
  readonly sum: number;
  readonly count: number;
}

/** What one metric says now. */
export interface MetricReading {
  /** Of a counter or gauge, one a set of labels. */
  readonly values: readonly MetricValue[];
  /** Of a histogram, one a set of labels. */
  readonly totals: readonly MetricTotals[];
}

/** What the node's metrics say now. Names are without the namespace; a metric that this node does not have says nothing. */
export interface MetricsReader {
  read(name: string): Promise<MetricReading>;
}
