import type { NodeConfig } from '../../config/nodeConfig.js';
import { AttributesBuilder } from '../derive/attributesBuilder.js';
import { withConfDepth } from '../derive/confDepth.js';
import type { EngineActor } from '../engine/engineActor.js';
import type { L1ChainConfig } from '../rollup/l1ChainConfig.js';
import { WatchCell } from '../runtime/watch.js';
import { OriginSelector } from '../sequencer/originSelector.js';
import type {
  BlockPublisher,
  SequencerConductor,
  SequencerL1,
  SequencerStateStore,
} from '../sequencer/ports.js';
import { SequencerActor } from '../sequencer/sequencerActor.js';
import { SequencerAdmin } from '../sequencer/sequencerAdmin.js';
import type { SequencerState } from '../sequencer/sequencerState.js';
import type { L1Parts } from './createL1.js';
import type { L2Parts } from './createL2.js';
import type { NodeDeps } from './nodeDeps.js';
import { makeSequencerMetrics } from './sequencerMetrics.js';
import type { NodeTelemetry } from './telemetry.js';

export interface SequencerParts {
  readonly actor: SequencerActor;
  readonly admin: SequencerAdmin;
}

export interface SequencerPeers {
  readonly l1: L1Parts;
  readonly l2: L2Parts;
  readonly engine: EngineActor;
  readonly conductor: SequencerConductor;
  readonly store: SequencerStateStore;
  readonly publisher: BlockPublisher;
  readonly telemetry: NodeTelemetry;
}

/** Makes the actor that builds blocks, and the side of it that `admin_*` commands. */
export function createSequencer(
  { rollup, sequencer }: NodeConfig,
  l1Config: L1ChainConfig,
  peers: SequencerPeers,
  { clock, log: nodeLog }: NodeDeps,
): SequencerParts {
  const { l1, l2, engine, conductor, store, publisher, telemetry } = peers;
  const log = nodeLog.child({ component: 'sequencer' });
  const recorder = makeSequencerMetrics(telemetry.registry, clock);
  const state = new WatchCell<SequencerState>({
    isActive: false,
    isRecovering: sequencer.isRecoverMode,
    work: null,
  });
  const actor = new SequencerActor(
    {
      config: rollup,
      sealingMs: sequencer.sealingDurationMs,
      maxSafeLag: BigInt(sequencer.maxSafeLag),
    },
    {
      state,
      engine,
      origins: new OriginSelector(rollup, {
        l1: confirmedL1(l1, BigInt(sequencer.l1Confs)),
        l1Head: () => l1.heads.get().head.hash,
        clock,
        log,
      }),
      attributes: new AttributesBuilder(
        { config: rollup, l1Config },
        { l1: l1.client, l2: l2.source },
      ),
      conductor,
      publisher,
      recorder,
      clock,
      log,
    },
  );
  const admin = new SequencerAdmin({ state, engine, conductor, store, recorder, log });
  return { actor, admin };
}

/** L1 as `--sequencer.l1-confs` lets it be seen. */
function confirmedL1({ client, heads }: L1Parts, confDepth: bigint): SequencerL1 {
  const confirmed = withConfDepth(confDepth, client, () => heads.get().head);
  return {
    l1BlockRefByNumber: (number, signal) => confirmed.l1BlockRefByNumber(number, signal),
    l1BlockRefByHash: (hash, signal) => confirmed.l1BlockRefByHash(hash, signal),
    readAhead: async ({ hash }, signal) => {
      await client.l1ReceiptsByHash(hash, signal);
    },
  };
}
