import type { RefMetrics } from '../telemetry/refMetrics.js';
import type { Counter, Gauge, Histogram, MetricsRegistry } from '../telemetry/registry.js';
import { type BlockId, ZERO_L2_REF } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import type { EngineState } from './engineState.js';

type NoLabels = Readonly<Record<never, string>>;

const BUILDING_DIFF_BUCKETS = [
  -10, -5, -2.5, -1, -0.5, -0.25, -0.1, -0.05, -0.025, -0.01, -0.005, 0.005, 0.01, 0.025, 0.05, 0.1,
  0.25, 0.5, 1, 2.5, 5, 10,
];
const SEALING_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Metric type of each head; op-node records a head each time it is set. */
const HEAD_TYPES = [
  ['unsafe', 'l2_unsafe'],
  ['crossUnsafe', 'l2_cross_unsafe'],
  ['pendingSafe', 'l2_pending_safe'],
  ['localSafe', 'l2_local_safe'],
  ['safe', 'l2_safe'],
  ['finalized', 'l2_finalized'],
] as const satisfies readonly (readonly [keyof EngineHeads, string])[];

/** How the execution layer failed at attributes that can never be built, without saying so. */
export type AttributesFault =
  /** It built a block without one of the transactions. */
  | 'left_out'
  /** It lost its building job each time. */
  | 'never_built';

/** @returns how many scheduled forks the execution layer lacks methods of is to be told it. */
export function makeUnservedForksMetric(registry: MetricsRegistry): (forks: number) => void {
  const gauge = registry.gauge<never>({
    name: 'engine_unserved_forks',
    help: 'Scheduled forks that the execution layer lacks methods of',
    labels: [],
  });
  return (forks) => gauge.set({}, forks);
}

/** The metrics of the engine; the names up to `transactions_sequenced_total` are op-node's, `engine_*` are ours. */
export class EngineMetrics {
  private readonly bufferLen: Gauge<NoLabels>;
  private readonly bufferMemSize: Gauge<NoLabels>;
  private readonly payloadsDropped: Counter<NoLabels>;
  private readonly faultyAttributes: Counter<Readonly<Record<'fault', string>>>;
  private readonly buildingDiff: Histogram<NoLabels>;
  private readonly buildingTotal: Counter<NoLabels>;
  private readonly sealing: Histogram<NoLabels>;
  private readonly sealingTotal: Counter<NoLabels>;
  private readonly sequencedTxs: Counter<Readonly<Record<'type', string>>>;
  private readonly laneDepth: Gauge<Readonly<Record<'lane', string>>>;
  private readonly laneOldestAge: Gauge<Readonly<Record<'lane', string>>>;
  private readonly taskRuns: Counter<Readonly<Record<'lane' | 'result', string>>>;
  private readonly followRefused: Counter<Readonly<Record<'cause', string>>> | null;
  private readonly resets: Counter<NoLabels>;
  private readonly syncStalled: Gauge<NoLabels>;

  /** @param options without a follow source there is no metric of follow targets. */
  constructor(
    registry: MetricsRegistry,
    private readonly refs: RefMetrics,
    options: { readonly isFollowing: boolean } = { isFollowing: true },
  ) {
    this.bufferLen = registry.gauge<never>({
      name: 'unsafe_payloads_buffer_len',
      help: 'Number of buffered L2 unsafe payloads',
      labels: [],
    });
    this.bufferMemSize = registry.gauge<never>({
      name: 'unsafe_payloads_buffer_mem_size',
      help: 'Total estimated memory size of buffered L2 unsafe payloads',
      labels: [],
    });
    this.payloadsDropped = registry.counter<never>({
      name: 'engine_unsafe_payloads_dropped_total',
      help: 'Unsafe payloads that the execution layer could not take',
      labels: [],
    });
    this.faultyAttributes = registry.counter<'fault'>({
      name: 'engine_faulty_attributes_total',
      help: 'Derived attributes that cannot be built, where the execution layer did not say so itself, by what it did',
      labels: ['fault'],
    });
    this.buildingDiff = registry.histogram<never>({
      name: 'sequencer_building_diff_seconds',
      help: 'Histogram of Sequencer building time, minus block time',
      labels: [],
      buckets: BUILDING_DIFF_BUCKETS,
    });
    this.buildingTotal = registry.counter<never>({
      name: 'sequencer_building_diff_total',
      help: 'Number of sequencer block building jobs',
      labels: [],
    });
    this.sealing = registry.histogram<never>({
      name: 'sequencer_sealing_seconds',
      help: 'Histogram of Sequencer block sealing time',
      labels: [],
      buckets: SEALING_BUCKETS,
    });
    this.sealingTotal = registry.counter<never>({
      name: 'sequencer_sealing_total',
      help: 'Number of sequencer block sealing jobs',
      labels: [],
    });
    this.sequencedTxs = registry.counter<'type'>({
      name: 'transactions_sequenced_total',
      help: 'Count of total transactions sequenced',
      labels: ['type'],
    });
    this.laneDepth = registry.gauge<'lane'>({
      name: 'engine_lane_depth',
      help: 'Tasks that wait in a lane of the engine',
      labels: ['lane'],
    });
    this.laneOldestAge = registry.gauge<'lane'>({
      name: 'engine_lane_oldest_age_seconds',
      help: 'Age of the oldest waiting task of a lane of the engine',
      labels: ['lane'],
    });
    this.taskRuns = registry.counter<'lane' | 'result'>({
      name: 'engine_task_runs_total',
      help: 'Runs of engine tasks by how they ended',
      labels: ['lane', 'result'],
    });
    this.followRefused = options.isFollowing
      ? registry.counter<'cause'>({
          name: 'engine_follow_refused_total',
          help: 'Follow targets that the engine refused, by cause',
          labels: ['cause'],
        })
      : null;
    this.resets = registry.counter<never>({
      name: 'engine_resets_total',
      help: 'Resets of the engine to the forkchoice of the execution layer',
      labels: [],
    });
    this.syncStalled = registry.gauge<never>({
      name: 'engine_sync_target_stalled',
      help: '1 while the execution layer makes no progress towards the followed head',
      labels: [],
    });
    refs.recordL2Ref('l2_backup_unsafe', ZERO_L2_REF);
  }

  /** Records every head that changed. */
  recordHeads(before: EngineState, after: EngineState): void {
    for (const [key, type] of HEAD_TYPES) {
      if (before.heads[key] !== after.heads[key]) this.refs.recordL2Ref(type, after.heads[key]);
    }
    if (before.backupUnsafe !== after.backupUnsafe) {
      this.refs.recordL2Ref('l2_backup_unsafe', after.backupUnsafe);
    }
  }

  /** @param next the lowest buffered payload. */
  recordBuffer(length: number, bytes: number, next: BlockId): void {
    this.refs.record({ layer: 'l2', type: 'l2_buffer_unsafe' }, { ...next, timestamp: 0n });
    this.recordBufferSize(length, bytes);
  }

  recordBufferSize(length: number, bytes: number): void {
    this.bufferLen.set({}, length);
    this.bufferMemSize.set({}, bytes);
  }

  recordPayloadDropped(): void {
    this.payloadsDropped.inc({});
  }

  recordFaultyAttributes(fault: AttributesFault): void {
    this.faultyAttributes.inc({ fault });
  }

  /** @param buildMs from the start of the job to the sealed block. */
  recordSealed(times: {
    readonly sealMs: number;
    readonly buildMs: number;
    readonly blockTimeMs: number;
  }): void {
    this.sealingTotal.inc({});
    this.sealing.observe({}, times.sealMs / 1000);
    this.buildingTotal.inc({});
    this.buildingDiff.observe({}, (times.buildMs - times.blockTimeMs) / 1000);
  }

  recordSequencedTxs(counts: { readonly deposits: number; readonly txns: number }): void {
    this.sequencedTxs.inc({ type: 'deposits' }, counts.deposits);
    this.sequencedTxs.inc({ type: 'txns' }, counts.txns);
  }

  recordLane(lane: string, depth: number, oldestAgeMs: number): void {
    this.laneDepth.set({ lane }, depth);
    this.laneOldestAge.set({ lane }, oldestAgeMs / 1000);
  }

  recordRun(lane: string, result: string): void {
    this.taskRuns.inc({ lane, result });
  }

  recordFollowRefused(cause: string): void {
    this.followRefused?.inc({ cause });
  }

  recordReset(): void {
    this.resets.inc({});
  }

  recordSyncStalled(isStalled: boolean): void {
    this.syncStalled.set({}, isStalled ? 1 : 0);
  }
}
