import type { RecordableHistogram } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';
import { TIMER_LATENESS } from '../runtime/clock.js';

const NS_PER_SEC = 1e9;

/** Names and words are prom-client's. */
const LAGS: readonly (readonly [
  what: string,
  help: string,
  read: (late: RecordableHistogram) => number,
])[] = [
  ['min', 'The minimum recorded event loop delay.', (late) => late.min],
  ['max', 'The maximum recorded event loop delay.', (late) => late.max],
  ['mean', 'The mean of the recorded event loop delays.', (late) => late.mean],
  ['stddev', 'The standard deviation of the recorded event loop delays.', (late) => late.stddev],
  ['p50', 'The 50th percentile of the recorded event loop delays.', (late) => late.percentile(50)],
  ['p90', 'The 90th percentile of the recorded event loop delays.', (late) => late.percentile(90)],
  ['p99', 'The 99th percentile of the recorded event loop delays.', (late) => late.percentile(99)],
];

/** Puts how late the node's own timers were since the scrape before in the place of what prom-client has timers for. */
export function collectLoopLag(registry: Registry): void {
  const gauges = LAGS.map(([what, help, read]) => {
    const name = `nodejs_eventloop_lag_${what}_seconds`;
    registry.removeSingleMetric(name);
    return { gauge: new Gauge({ name, help, registers: [registry] }), read };
  });
  // All tell of the same stretch: it ends when the first of them is read.
  const [first] = gauges;
  if (first === undefined) return;
  Object.assign(first.gauge, {
    collect: () =>
      TIMER_LATENESS.take((late) => {
        const isKnown = late.count > 0;
        for (const { gauge, read } of gauges) gauge.set(isKnown ? read(late) / NS_PER_SEC : 0);
      }),
  });
}
