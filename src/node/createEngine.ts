import type { NodeConfig } from '../../config/nodeConfig.js';
import { EngineActor } from '../engine/engineActor.js';
import { EngineMetrics, makeUnservedForksMetric } from '../engine/engineMetrics.js';
import { EngineProbe } from '../engine/engineProbe.js';
import type { SafeDb } from '../stores/safeDb.js';
import type { L1Parts } from './createL1.js';
import type { L2Parts } from './createL2.js';
import { type NodeDeps, versionText } from './nodeDeps.js';
import type { NodeTelemetry } from './telemetry.js';
import { transactionExaminer } from './transactionExaminer.js';

export interface EnginePeers {
  /** Null without an L1. */
  readonly l1: L1Parts | null;
  readonly l2: L2Parts;
  readonly safeDb: SafeDb;
  readonly telemetry: NodeTelemetry;
}

/** Makes the engine actor over its Engine API client and our L1. */
export function createEngine(
  config: NodeConfig,
  { l1, l2, safeDb, telemetry }: EnginePeers,
  deps: NodeDeps,
): EngineActor {
  const { sync, follow, sequencer } = config;
  return new EngineActor(
    {
      rollup: config.rollup,
      syncMode: sync.mode,
      engineKind: config.engine.kind,
      followEnabled: follow !== null,
      // A follower takes the labels as they are; who derives or sequences must know that their L1 origins still hold.
      startFrom: follow !== null && !sequencer.isEnabled ? 'labels' : 'l1Walk',
      skipSyncStartCheck: sync.skipSyncStartCheck,
      offsetElSafeSec: Math.floor(sync.offsetElSafeMs / 1000),
      reqRespSync: sync.isReqRespEnabled,
    },
    {
      engine: l2.api,
      l2: l2.source,
      l1: l1?.client ?? null,
      transactions: transactionExaminer(config.rollup),
      safeHeads: follow === null && safeDb.isEnabled ? safeDb : null,
      clock: deps.clock,
      random: deps.random,
      log: deps.log.child({ component: 'engine' }),
      metrics: new EngineMetrics(telemetry.registry, telemetry.refs, {
        isFollowing: follow !== null,
      }),
    },
  );
}

/** Makes what asks our execution client which it is and what it can. */
export function createEngineProbe(
  config: NodeConfig,
  { l2, telemetry }: Pick<EnginePeers, 'l2' | 'telemetry'>,
  deps: NodeDeps,
): EngineProbe {
  const { rollup, engine, sync } = config;
  return new EngineProbe(
    { rollup, engineKind: engine.kind, syncMode: sync.mode, version: versionText(deps) },
    {
      rpc: l2.rpc,
      abilities: l2.abilities,
      clock: deps.clock,
      log: deps.log.child({ component: 'engine' }),
      recordUnserved: makeUnservedForksMetric(telemetry.registry),
    },
  );
}
