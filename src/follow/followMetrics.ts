import type { Counter, Gauge, Histogram, MetricsRegistry } from '../telemetry/registry.js';
import { isZeroRef } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import { POLL_RESULTS } from './pollOutcome.js';
import type { FollowStatus } from './rules/followStatus.js';

/** Seconds; a local source answers in milliseconds, a public gateway in a second. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const DRIFT_HEADS = ['unsafe', 'localSafe', 'safe', 'finalized'] as const;

const HEAD_LABELS = {
  unsafe: 'unsafe',
  localSafe: 'local_safe',
  safe: 'safe',
  finalized: 'finalized',
} as const;

/** The metrics of follow mode. `follow_source_requests_total` is op-node's, the others are ours. */
export class FollowMetrics {
  /** One per poll. */
  readonly requests: Counter<{ readonly result: string }>;
  /** One per read status of each source, standby and quorum members too. */
  readonly sourceResults: Counter<{ readonly source: string; readonly result: string }>;
  readonly latency: Histogram<{ readonly source: string }>;
  readonly sourceStale: Gauge<{ readonly source: string }>;
  readonly sourceL1Lag: Gauge<{ readonly source: string }>;
  readonly pushing: Gauge<{ readonly source: string }>;
  readonly pushLost: Counter<{ readonly source: string; readonly reason: string }>;
  readonly failovers: Counter<Record<never, string>>;
  readonly activeSource: Gauge<Record<never, string>>;
  readonly conflicts: Counter<{ readonly kind: string; readonly outcome: string }>;
  readonly lastingConflict: Gauge<Record<never, string>>;
  readonly reorgs: Counter<Record<never, string>>;
  readonly engineRefusals: Counter<Record<never, string>>;
  readonly quorumHealthy: Gauge<Record<never, string>>;
  readonly quorumMet: Gauge<Record<never, string>>;
  readonly l1Checked: Gauge<Record<never, string>>;
  readonly blocksInserted: Counter<Record<never, string>>;
  readonly blockFailures: Counter<Record<never, string>>;
  private readonly driftBlocks: Gauge<{ readonly head: string }>;
  private readonly driftSeconds: Gauge<{ readonly head: string }>;

  constructor(private readonly registry: MetricsRegistry) {
    const counter = (name: string, help: string): Counter<Record<never, string>> =>
      registry.counter({ name, help, labels: [] });
    const gauge = (name: string, help: string): Gauge<Record<never, string>> =>
      registry.gauge({ name, help, labels: [] });
    this.requests = registry.counter({
      name: 'follow_source_requests_total',
      help: 'Count of follow source requests by result',
      labels: ['result'],
    });
    // What appears with its first event is no increase to Prometheus.
    for (const result of POLL_RESULTS) this.requests.inc({ result }, 0);
    this.sourceResults = registry.counter({
      name: 'follow_source_results_total',
      help: 'Statuses read from each follow source, by result',
      labels: ['source', 'result'],
    });
    this.latency = registry.histogram({
      name: 'follow_source_latency_seconds',
      help: 'Time that a follow source took to give its status',
      labels: ['source'],
      buckets: LATENCY_BUCKETS,
    });
    this.sourceStale = registry.gauge({
      name: 'follow_source_stale',
      help: '1 while what a follow source says is how things were rather than how they are',
      labels: ['source'],
    });
    this.sourceL1Lag = registry.gauge({
      name: 'follow_source_l1_lag_seconds',
      help: 'L1 time that the L1 head of a follow source is behind ours',
      labels: ['source'],
    });
    this.pushing = registry.gauge({
      name: 'follow_source_pushing',
      help: '1 while a follow source pushes its status',
      labels: ['source'],
    });
    this.pushLost = registry.counter({
      name: 'follow_source_push_lost_total',
      help: 'Times that a follow source ceased to push its status, by reason',
      labels: ['source', 'reason'],
    });
    this.failovers = counter('follow_failovers_total', 'Changes of the active follow source');
    this.activeSource = gauge('follow_active_source', 'Index of the active follow source, from 0');
    this.conflicts = registry.counter({
      name: 'follow_conflicts_total',
      help: 'Statuses that contradict our safe or finalized head, by kind and what became of them',
      labels: ['kind', 'outcome'],
    });
    this.lastingConflict = gauge(
      'follow_conflict_lasting',
      '1 while statuses have been in conflict for five minutes or longer',
    );
    this.reorgs = counter('follow_reorgs_total', 'Times that following replaced blocks of ours');
    this.engineRefusals = counter(
      'follow_engine_refusals_total',
      'Checked statuses that our own engine refused',
    );
    this.driftBlocks = registry.gauge({
      name: 'follow_drift_blocks',
      help: 'Blocks that the source is ahead of us, by head',
      labels: ['head'],
    });
    this.driftSeconds = registry.gauge({
      name: 'follow_drift_seconds',
      help: 'Block time that the source is ahead of us, by head',
      labels: ['head'],
    });
    this.quorumHealthy = gauge('follow_quorum_healthy_sources', 'Sources with a checked status');
    this.quorumMet = gauge(
      'follow_quorum_met',
      '1 while enough sources are healthy and agree, or no quorum is asked for',
    );
    this.quorumMet.set({}, 1);
    this.l1Checked = gauge('follow_l1_checked', '0 when the node has no L1 to check statuses with');
    this.blocksInserted = counter('follow_blocks_inserted_total', 'Blocks fetched and handed over');
    this.blockFailures = counter('follow_block_failures_total', 'Failed runs of block fetching');
  }

  /** @param ageSec seconds since the last accepted status, or since the start; asked at each scrape. */
  sampleStatusAge(ageSec: () => number): void {
    this.registry.sampledGauge(
      {
        name: 'follow_last_good_status_age_seconds',
        help: 'Time since the last accepted status, or since the start',
        labels: [],
      },
      ageSec,
    );
  }

  /** The source's heads minus ours; a head that either side does not know is left out. */
  recordDrift(status: FollowStatus, heads: EngineHeads): void {
    for (const head of DRIFT_HEADS) {
      const theirs = status[head];
      const ours = heads[head];
      if (theirs === null || isZeroRef(theirs) || isZeroRef(ours)) continue;
      const labels = { head: HEAD_LABELS[head] };
      this.driftBlocks.set(labels, Number(theirs.number - ours.number));
      this.driftSeconds.set(labels, Number(theirs.timestamp - ours.timestamp));
    }
  }
}
