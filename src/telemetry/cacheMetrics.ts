import type { CacheObserver } from '../runtime/lruCache.js';
import type { MetricsRegistry } from './registry.js';

/**
 * op-node's metrics of a source's caches, told apart by the label `type`: `NAME_size`, `NAME_get`, `NAME_add`.
 * @param name `l1_source_cache`, `l2_source_cache` or `l2_follow_source_cache`.
 * @param displayName `L1 Source cache` and so on, for the help texts.
 * @returns makes the observer of one cache. op-node `op-service/metrics/caching.go`.
 */
export function makeCacheMetrics(
  registry: MetricsRegistry,
  name: string,
  displayName: string,
): (type: string) => CacheObserver {
  const size = registry.gauge({
    name: `${name}_size`,
    help: `${displayName} cache size`,
    labels: ['type'],
  });
  const got = registry.counter({
    name: `${name}_get`,
    help: `${displayName} lookups, hitting or not`,
    labels: ['type', 'hit'],
  });
  const added = registry.counter({
    name: `${name}_add`,
    help: `${displayName} additions, evicting previous values or not`,
    labels: ['type', 'evicted'],
  });
  return (type) => ({
    got: (isHit) => got.inc({ type, hit: String(isHit) }),
    added: (entries, hasEvicted) => {
      size.set({ type }, entries);
      added.inc({ type, evicted: String(hasEvicted) });
    },
  });
}
