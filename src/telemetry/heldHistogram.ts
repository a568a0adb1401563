import { Histogram, type HistogramConfiguration } from 'prom-client';
import type { Histogram as HistogramPort } from './registry.js';

/** So many wait to be read, then they are handed on: what is held is bounded. */
const MAX_WAITING = 256;

/**
 * A histogram of prom-client that is told what was observed when it is read, or many at once. To find the place of a single
 * value takes it more time than the call took whose duration that is, where it does so a few times a second with cold caches.
 */
export function heldHistogram<N extends string>(
  config: HistogramConfiguration<N>,
): HistogramPort<Readonly<Record<N, string>>> {
  const waiting: { readonly labels: Readonly<Record<N, string>>; readonly value: number }[] = [];
  const hand = (histogram: Histogram<N>): void => {
    for (const { labels, value } of waiting) histogram.observe(labels, value);
    waiting.length = 0;
  };
  const histogram = new Histogram<N>({
    ...config,
    collect() {
      hand(this);
    },
  });
  return {
    observe: (labels, value) => {
      waiting.push({ labels, value });
      if (waiting.length >= MAX_WAITING) hand(histogram);
    },
  };
}
