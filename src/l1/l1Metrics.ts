import type { CacheObserver } from '../runtime/lruCache.js';
import { makeCacheMetrics } from '../telemetry/cacheMetrics.js';
import type { MetricsRegistry } from '../telemetry/registry.js';

/** The L1 metrics besides the refs, under op-node's names. */
export interface L1Metrics {
  readonly cacheObserver: (label: string) => CacheObserver;
  readonly recordRequest: (request: string, seconds: number) => void;
  /** @param depth in blocks: how far below the old head the new one is. */
  readonly recordReorgDepth: (depth: number) => void;
}

/** Seconds. */
const REQUEST_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
/** Blocks. */
const DEPTH_BUCKETS: readonly number[] = [
  0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 20.5, 50.5, 100.5,
];

/** Makes them; once a node. op-node `op-node/metrics/metrics.go`. */
export function makeL1Metrics(registry: MetricsRegistry): L1Metrics {
  const requestSec = registry.histogram({
    name: 'l1_request_seconds',
    help: 'Histogram of L1 request time',
    labels: ['request'],
    buckets: REQUEST_BUCKETS,
  });
  const reorgDepth = registry.histogram({
    name: 'l1_reorg_depth',
    help: 'Histogram of L1 Reorg Depths',
    labels: [],
    buckets: DEPTH_BUCKETS,
  });
  return {
    cacheObserver: makeCacheMetrics(registry, 'l1_source_cache', 'L1 Source cache'),
    recordRequest: (request, seconds) => requestSec.observe({ request }, seconds),
    recordReorgDepth: (depth) => reorgDepth.observe({}, depth),
  };
}
