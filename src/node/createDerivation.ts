import type { NodeConfig } from '../../config/nodeConfig.js';
import { withConfDepth } from '../derive/actors/confDepth.js';
import { DerivationActor } from '../derive/actors/derivationActor.js';
import type { DerivationMetrics } from '../derive/actors/derivationMetrics.js';
import {
  DEFAULT_FINALITY_DELAY,
  DEFAULT_FINALITY_LOOKBACK,
  Finalizer,
} from '../derive/actors/finalizer.js';
import { L1Prefetcher } from '../derive/actors/l1Prefetcher.js';
import { DerivationPipeline } from '../derive/pipeline.js';
import type { CanonicalL1 } from '../derive/ports.js';
import type { EngineActor } from '../engine/engineActor.js';
import type { L1ChainConfig } from '../rollup/l1ChainConfig.js';
import type { Actor } from '../runtime/actor.js';
import { nextTurn } from '../runtime/turns.js';
import type { BeaconParts } from './createBeacon.js';
import type { L1Parts } from './createL1.js';
import type { L2Parts } from './createL2.js';
import type { NodeDeps } from './nodeDeps.js';
import type { NodeTelemetry } from './telemetry.js';

/**
 * L1 read ahead: enough requests under way to hide the latency of a remote endpoint, and no more memory than this for
 * the batcher's data and blobs of the blocks that wait.
 */
const PREFETCH = { maxBlocks: 32, maxBytes: 64 * 1024 * 1024, concurrency: 8 } as const;

export interface DerivationParts {
  readonly derivation: DerivationActor;
  /** In start order. */
  readonly actors: readonly Actor[];
}

export interface DerivationPeers {
  readonly l1: L1Parts;
  readonly l2: L2Parts;
  /** Null where none is configured. */
  readonly beacon: BeaconParts | null;
  readonly engine: EngineActor;
  readonly telemetry: NodeTelemetry;
}

/** Makes the actors that derive safe and finalized heads from L1. */
export function createDerivation(
  config: NodeConfig,
  l1Config: L1ChainConfig,
  { l1, l2, beacon, engine, telemetry }: DerivationPeers,
  { log: nodeLog }: NodeDeps,
): DerivationParts {
  const { rollup } = config;
  const log = nodeLog.child({ component: 'derivation' });
  const metrics = telemetry.derivation;
  const { observer, recorder, recordHeld } = metrics;
  const l1Confs = BigInt(config.derivation.l1Confs);
  const prefetcher = new L1Prefetcher(
    { config: rollup, ...PREFETCH },
    { l1: l1.client, blobs: beacon?.client ?? null, labels: l1.heads, recordHeld },
  );
  const pipeline = new DerivationPipeline(
    { config: rollup, l1Config },
    {
      l1: withConfDepth(l1Confs, prefetcher, () => l1.heads.get().head),
      canonical: canonicalL1(l1),
      blobs: beacon === null ? null : prefetcher,
      l2: l2.source,
      observer,
      turn: nextTurn,
    },
  );
  const finalizer = createFinalizer(config, { l1, engine }, metrics, nodeLog);
  const derivation = new DerivationActor(
    { l1Confs },
    { pipeline, engine, l1: l1.heads, listener: finalizer, recorder, log },
  );
  return { derivation, actors: [prefetcher, finalizer, derivation] };
}

/** L1 as it stands, for who asks whether a block is still on it. */
export function canonicalL1({ client, heads }: L1Parts): CanonicalL1 {
  return {
    head: () => heads.get().head,
    l1BlockRefByNumber: (number, signal) => client.l1BlockRefByNumber(number, signal),
  };
}

function createFinalizer(
  { derivation }: NodeConfig,
  { l1, engine }: Pick<DerivationPeers, 'l1' | 'engine'>,
  { recordHeldBack }: DerivationMetrics,
  log: NodeDeps['log'],
): Finalizer {
  const { finalityLookback, finalityDelay } = derivation;
  return new Finalizer(
    {
      lookbackBlocks: finalityLookback ?? DEFAULT_FINALITY_LOOKBACK,
      delayBlocks: finalityDelay === null ? DEFAULT_FINALITY_DELAY : BigInt(finalityDelay),
    },
    {
      ...{ engine, labels: l1.heads, l1: l1.client, recordHeldBack },
      log: log.child({ component: 'finalizer' }),
    },
  );
}
