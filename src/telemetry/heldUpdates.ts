import {
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
} from 'prom-client';
import type { Gauge as GaugePort, Histogram as HistogramPort } from './registry.js';

/** So many wait to be read, then they are handed on: what is held is bounded. */
const MAX_WAITING = 256;

type LabelsOf<N extends string> = Readonly<Record<N, string>>;

/**
 * A gauge of prom-client that is told what was set when it is read, or many at once. To find the place of a single value by
 * its labels takes longer than most of what is measured, where that is done a few times a second with cold caches.
 */
export function heldGauge<N extends string>(config: GaugeConfiguration<N>): GaugePort<LabelsOf<N>> {
  const held = new HeldUpdates<N>();
  const gauge = new Gauge<N>({
    ...config,
    collect() {
      held.hand((labels, value) => this.set(labels, value));
    },
  });
  return { set: (labels, value) => held.add(labels, value, (of, to) => gauge.set(of, to)) };
}

/** A histogram of prom-client, in the same way. */
export function heldHistogram<N extends string>(
  config: HistogramConfiguration<N>,
): HistogramPort<LabelsOf<N>> {
  const held = new HeldUpdates<N>();
  const histogram = new Histogram<N>({
    ...config,
    collect() {
      held.hand((labels, value) => this.observe(labels, value));
    },
  });
  return {
    observe: (labels, value) => held.add(labels, value, (of, seen) => histogram.observe(of, seen)),
  };
}

/** Values in the order in which they came. */
class HeldUpdates<N extends string> {
  private readonly waiting: { readonly labels: LabelsOf<N>; readonly value: number }[] = [];

  /** @param take is given them all once there are too many. */
  add(
    labels: LabelsOf<N>,
    value: number,
    take: (labels: LabelsOf<N>, value: number) => void,
  ): void {
    this.waiting.push({ labels, value });
    if (this.waiting.length >= MAX_WAITING) this.hand(take);
  }

  /** Nothing is left, also where one of them is refused: it would be at every reading from then on. */
  hand(take: (labels: LabelsOf<N>, value: number) => void): void {
    for (const { labels, value } of this.waiting.splice(0)) take(labels, value);
  }
}
