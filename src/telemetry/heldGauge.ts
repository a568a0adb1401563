import { Gauge, type GaugeConfiguration } from 'prom-client';
import type { Gauge as GaugePort } from './registry.js';

/** So many wait to be read, then they are handed on: what is held is bounded. */
const MAX_WAITING = 256;

type LabelsOf<N extends string> = Readonly<Record<N, string>>;

/**
 * A gauge of prom-client that is told what was set when it is read, or many at once. To find the place of a single value by
 * its labels takes longer than most of what is measured, where that is done a few times a second with cold caches.
 */
export function heldGauge<N extends string>(config: GaugeConfiguration<N>): GaugePort<LabelsOf<N>> {
  let waiting: { readonly labels: LabelsOf<N>; readonly value: number }[] = [];
  /** Nothing is left, also where a value is refused: it would be at every reading from then on. */
  const hand = (gauge: Gauge<N>): void => {
    const updates = waiting;
    waiting = [];
    for (const { labels, value } of updates) gauge.set(labels, value);
  };
  const gauge = new Gauge<N>({
    ...config,
    collect() {
      hand(this);
    },
  });
  return {
    set: (labels, value) => {
      waiting.push({ labels, value });
      if (waiting.length >= MAX_WAITING) hand(gauge);
    },
  };
}
