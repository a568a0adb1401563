import { Counter, type CounterConfiguration } from 'prom-client';
import type { Counter as CounterPort } from './registry.js';

/** So many sets of labels wait to be read: whoever makes its labels anew for each count must not fill the memory. */
const MAX_WAITING = 256;

/**
 * A counter of prom-client that is told what was counted when it is read. For each count it looks its labels up by a text
 * that it makes of them, which for the calls of a batch took longer than to answer them. Here a count goes to its labels
 * object, so those who count often keep theirs.
 */
export function heldCounter<N extends string>(
  config: CounterConfiguration<N>,
): CounterPort<Readonly<Record<N, string>>> {
  const waiting = new Map<Readonly<Record<N, string>>, { by: number }>();
  const hand = (counter: Counter<N>): void => {
    for (const [labels, { by }] of waiting) counter.inc(labels, by);
    waiting.clear();
  };
  const counter = new Counter<N>({
    ...config,
    collect() {
      hand(this);
    },
  });
  return {
    inc: (labels, by = 1) => {
      const known = waiting.get(labels);
      if (known !== undefined) {
        known.by += by;
        return;
      }
      waiting.set(labels, { by });
      if (waiting.size > MAX_WAITING) hand(counter);
    },
  };
}
