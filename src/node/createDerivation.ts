import type { NodeConfig } from '../../config/nodeConfig.js';
import { withConfDepth } from '../derive/confDepth.js';
import { DerivationActor } from '../derive/derivationActor.js';
import {
  DEFAULT_FINALITY_DELAY,
  DEFAULT_FINALITY_LOOKBACK,
  Finalizer,
} from '../derive/finalizer.js';
import { DerivationPipeline } from '../derive/pipeline.js';
import type { EngineActor } from '../engine/engineActor.js';
import type { L1ChainConfig } from '../rollup/l1ChainConfig.js';
import type { Actor } from '../runtime/actor.js';
import type { BeaconParts } from './createBeacon.js';
import type { L1Parts } from './createL1.js';
import type { L2Parts } from './createL2.js';
import { makeDerivationMetrics } from './derivationMetrics.js';
import type { NodeDeps } from './nodeDeps.js';
import type { NodeTelemetry } from './telemetry.js';

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
  { clock, log: nodeLog }: NodeDeps,
): DerivationParts {
  const { rollup } = config;
  const log = nodeLog.child({ component: 'derivation' });
  const { registry, refs } = telemetry;
  const { observer, recorder } = makeDerivationMetrics({ registry, refs, clock, log });
  const l1Confs = BigInt(config.derivation.l1Confs);
  const pipeline = new DerivationPipeline(
    { config: rollup, l1Config },
    {
      l1: withConfDepth(l1Confs, l1.client, () => l1.heads.get().head),
      blobs: beacon?.client ?? null,
      l2: l2.source,
      observer,
    },
  );
  const finalizer = createFinalizer(config, { l1, engine }, nodeLog);
  const derivation = new DerivationActor(
    { l1Confs },
    { pipeline, engine, l1: l1.heads, listener: finalizer, recorder, log },
  );
  return { derivation, actors: [finalizer, derivation] };
}

function createFinalizer(
  { derivation }: NodeConfig,
  { l1, engine }: Pick<DerivationPeers, 'l1' | 'engine'>,
  log: NodeDeps['log'],
): Finalizer {
  const { finalityLookback, finalityDelay } = derivation;
  return new Finalizer(
    {
      lookbackBlocks: finalityLookback ?? DEFAULT_FINALITY_LOOKBACK,
      delayBlocks: finalityDelay === null ? DEFAULT_FINALITY_DELAY : BigInt(finalityDelay),
    },
    { engine, labels: l1.heads, l1: l1.client, log: log.child({ component: 'finalizer' }) },
  );
}
