import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';
import type { AheadJob } from './aheadJob.js';
import type { EngineMetrics } from './engineMetrics.js';
import type { EngineStore } from './engineStore.js';
import type { EngineApi, EngineL1Source, EngineL2Source, TransactionExaminer } from './ports.js';
import type { SafeHeadRecords } from './safeHeadRecords.js';
import type { SyncTarget } from './syncTarget.js';
import type { UnbuiltAttributes } from './unbuiltAttributes.js';

export type EngineKind = 'geth' | 'reth' | 'erigon';
export type SyncMode = 'consensus-layer' | 'execution-layer';

export interface EngineOptions {
  readonly rollup: RollupConfig;
  readonly syncMode: SyncMode;
  readonly engineKind: EngineKind;
  /** A follow source sets the safe heads; else derivation does. */
  readonly followEnabled: boolean;
  /**
   * Where the first heads come from: the execution layer's labels as they are, or a walk over L1 origins
   * (`findForkchoice`), which derivation and a sequencer need.
   */
  readonly startFrom: 'labels' | 'l1Walk';
  /** `--l2.skip-sync-start-check` */
  readonly skipSyncStartCheck: boolean;
  /** `--syncmode.offset-el-safe`, whole seconds. */
  readonly offsetElSafeSec: number;
  /** `--syncmode.req-resp`: missing payloads are asked of peers, the execution layer is not sent after them. */
  readonly reqRespSync: boolean;
}

/** What every engine task works with. */
export interface EngineTaskContext {
  readonly options: EngineOptions;
  readonly engine: EngineApi;
  readonly l2: EngineL2Source;
  /** Null where the node has no L1. */
  readonly l1: EngineL1Source | null;
  readonly records: SafeHeadRecords;
  readonly store: EngineStore;
  readonly syncTarget: SyncTarget;
  readonly transactions: TransactionExaminer;
  readonly unbuilt: UnbuiltAttributes;
  readonly aheadJob: AheadJob;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: EngineMetrics;
}

/** Execution clients that can sync their own chain although they have a finalized block. op-node `engine_kind.go`. */
export function supportsPostFinalizationElSync(kind: EngineKind): boolean {
  return kind !== 'geth';
}
