import type { NodeConfig } from '../../config/nodeConfig.js';
import { withConfDepth } from '../derive/actors/confDepth.js';
import { DerivationActor } from '../derive/actors/derivationActor.js';
import {
  DEFAULT_FINALITY_DELAY,
  defaultFinalityLookback,
  Finalizer,
} from '../derive/actors/finalizer.js';
import { InputsAhead } from '../derive/actors/inputsAhead.js';
import { L1Prefetcher } from '../derive/actors/l1Prefetcher.js';
import type { AltDa } from '../derive/altda/altDa.js';
import { commitmentKind } from '../derive/altda/commitment.js';
import { DerivationPipeline } from '../derive/pipeline.js';
import type { CanonicalL1 } from '../derive/ports.js';
import type { EngineActor } from '../engine/engineActor.js';
import type { L1ChainConfig } from '../rollup/l1ChainConfig.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { Actor } from '../runtime/actor.js';
import { nextTurn } from '../runtime/turns.js';
import { createAltDa, type DaServerParts } from './createAltDa.js';
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

/** Inputs of a DA server, read ahead; what is under way when it is reached may come to as much as was asked for. */
const MAX_AHEAD_BYTES = 64 * 1024 * 1024;

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
  /** Null where none is configured. */
  readonly daServer: DaServerParts | null;
  readonly engine: EngineActor;
  readonly telemetry: NodeTelemetry;
}

/** Makes the actors that derive safe and finalized heads from L1. */
export function createDerivation(
  config: NodeConfig,
  l1Config: L1ChainConfig,
  { l1, l2, beacon, daServer, engine, telemetry }: DerivationPeers,
  { log: nodeLog }: NodeDeps,
): DerivationParts {
  const { rollup } = config;
  const log = nodeLog.child({ component: 'derivation' });
  const metrics = telemetry.derivation;
  const { observer, recorder, recordHeld } = metrics;
  const l1Confs = BigInt(config.derivation.l1Confs);
  const inputs = inputsAhead(rollup, daServer);
  const prefetcher = new L1Prefetcher(
    { config: rollup, ...PREFETCH },
    { l1: l1.client, blobs: beacon?.client ?? null, inputs, labels: l1.heads, recordHeld },
  );
  const altDa = createAltDa(config, { l1, server: inputs, telemetry, observer });
  const pipeline = new DerivationPipeline(
    { config: rollup, l1Config },
    {
      l1: withConfDepth(l1Confs, prefetcher, () => l1.heads.get().head),
      canonical: canonicalL1(l1),
      blobs: beacon === null ? null : prefetcher,
      altDa,
      l2: l2.source,
      observer,
      turn: nextTurn,
    },
  );
  const finalizer = createFinalizer(config, { l1, engine, telemetry }, altDa, nodeLog);
  const derivation = new DerivationActor(
    { l1Confs },
    { pipeline, engine, l1: l1.heads, listener: finalizer, recorder, log },
  );
  return { derivation, actors: [prefetcher, finalizer, derivation] };
}

/** Null where no DA server is read. */
function inputsAhead({ altDa }: RollupConfig, daServer: DaServerParts | null): InputsAhead | null {
  if (altDa === null || daServer === null) return null;
  const kind = commitmentKind(altDa.daCommitmentType);
  return new InputsAhead({ kind, maxBytes: MAX_AHEAD_BYTES }, { server: daServer.client });
}

/** L1 as it stands, for who asks whether a block is still on it. */
export function canonicalL1({ client, heads }: L1Parts): CanonicalL1 {
  return {
    head: () => heads.get().head,
    l1BlockRefByNumber: (number, signal) => client.l1BlockRefByNumber(number, signal),
  };
}

function createFinalizer(
  { derivation, rollup }: NodeConfig,
  { l1, engine, telemetry }: Pick<DerivationPeers, 'l1' | 'engine' | 'telemetry'>,
  altDa: AltDa | null,
  log: NodeDeps['log'],
): Finalizer {
  const { recordHeldBack } = telemetry.derivation;
  const { finalityLookback, finalityDelay } = derivation;
  return new Finalizer(
    {
      lookbackBlocks: finalityLookback ?? defaultFinalityLookback(rollup.altDa),
      delayBlocks: finalityDelay === null ? DEFAULT_FINALITY_DELAY : BigInt(finalityDelay),
    },
    {
      ...{ engine, labels: l1.heads, l1: l1.client, recordHeldBack },
      altDa: altDa && {
        finalTo: (number) => altDa.finalTo(number),
        recordFinalTo: telemetry.altDa.challenges.finalTo,
      },
      log: log.child({ component: 'finalizer' }),
    },
  );
}
