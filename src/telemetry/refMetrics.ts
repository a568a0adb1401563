import type { Clock } from '../runtime/clock.js';
import type { Hash, L1BlockRef, L2BlockRef } from '../types/block.js';
import type { Gauge, MetricsRegistry } from './registry.js';

interface RefLabels extends Readonly<Record<string, string>> {
  readonly layer: string;
  readonly type: string;
}

/** What one recording needs; a timestamp of zero is not recorded. */
interface RefFacts {
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly hash: Hash;
}

/**
 * op-node's block reference gauges (`refs_number`, `refs_time`, `refs_hash`, `refs_latency`, `refs_seqnr`), shared by
 * all who publish heads: make it once. op-node `op-service/metrics/ref_metrics.go`.
 */
export class RefMetrics {
  private readonly number: Gauge<RefLabels>;
  private readonly time: Gauge<RefLabels>;
  private readonly hash: Gauge<RefLabels>;
  private readonly latency: Gauge<RefLabels>;
  private readonly sequenceNumber: Gauge<{ readonly type: string }>;
  /** By name: the block whose latency was recorded, so that only its first sight counts. */
  private readonly latencySeen = new Map<string, Hash>();

  constructor(
    private readonly deps: { readonly registry: MetricsRegistry; readonly clock: Clock },
  ) {
    const gauge = (name: string, what: string): Gauge<RefLabels> =>
      deps.registry.gauge({
        name,
        help: `Gauge representing the different L1/L2 reference block ${what}`,
        labels: ['layer', 'type'],
      });
    this.number = gauge('refs_number', 'numbers');
    this.time = gauge('refs_time', 'timestamps');
    this.hash = gauge('refs_hash', 'hashes truncated to float values');
    this.latency = gauge('refs_latency', 'timestamps minus current time, in seconds');
    this.sequenceNumber = deps.registry.gauge({
      name: 'refs_seqnr',
      help: 'Gauge representing the different L2 reference sequence numbers',
      labels: ['type'],
    });
  }

  /** @param type op-node's name of the head: `l1_head`, `l1_safe`, `l1_finalized`, `l1_derived`. */
  recordL1Ref(type: string, ref: L1BlockRef): void {
    this.record({ layer: 'l1', type }, ref);
  }

  /** @param type op-node's name of the head: `l2_unsafe`, `l2_safe`, `l2_finalized` and so on. */
  recordL2Ref(type: string, ref: L2BlockRef): void {
    this.record({ layer: 'l2', type }, ref);
    this.record({ layer: 'l1_origin', type }, { ...ref.l1Origin, timestamp: 0n });
    this.sequenceNumber.set({ type }, Number(ref.sequenceNumber));
  }

  /** For blocks of which no more is known than this. */
  record(labels: RefLabels, facts: RefFacts): void {
    const { number, timestamp, hash } = facts;
    this.number.set(labels, Number(number));
    this.hash.set(labels, truncatedHash(hash));
    if (timestamp === 0n) return;
    this.time.set(labels, Number(timestamp));
    if (this.latencySeen.get(labels.type) === hash) return;
    this.latencySeen.set(labels.type, hash);
    this.latency.set(labels, Number(timestamp) - this.deps.clock.nowMs() / 1000);
  }
}

/** The first 8 bytes as a little-endian integer: divergences show as different heights of a graph. */
function truncatedHash(hash: Hash): number {
  const bytes = hash.slice(2, 18).match(/../g) ?? [];
  return Number(BigInt(`0x${bytes.reverse().join('')}`));
}
