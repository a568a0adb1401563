import type { NodeConfig } from '../../config/nodeConfig.js';
import { withConfDepth } from '../derive/actors/confDepth.js';
import { AttributesBuilder } from '../derive/attributes/attributesBuilder.js';
import type { EngineActor } from '../engine/engineActor.js';
import { NodeError } from '../errors/nodeError.js';
import type { L1ChainConfig } from '../rollup/l1ChainConfig.js';
import { ConductorClient, DisabledConductor } from '../sequencer/conductorClient.js';
import { OriginSelector } from '../sequencer/originSelector.js';
import type { BlockPublisher, SequencerConductor, SequencerL1 } from '../sequencer/ports.js';
import { DisabledPublisher } from '../sequencer/ports.js';
import { SdmControl } from '../sequencer/sdmControl.js';
import { SequencerActor } from '../sequencer/sequencerActor.js';
import { SequencerAdmin } from '../sequencer/sequencerAdmin.js';
import { SequencerCell } from '../sequencer/sequencerState.js';
import { AdminStateFile, DisabledAdminState } from '../stores/adminState.js';
import type { Logger } from '../telemetry/logger.js';
import { createRpcClient } from '../transport/rpcClient.js';
import type { L1Parts } from './createL1.js';
import type { L2Parts } from './createL2.js';
import type { NodeDeps } from './nodeDeps.js';
import type { NodeTelemetry } from './telemetry.js';

export interface SequencerParts {
  readonly actor: SequencerActor;
  readonly admin: SequencerAdmin;
  readonly sdm: SdmControl;
  /** False: it waits for `admin_startSequencer`. */
  readonly startsActive: boolean;
  close(): Promise<void>;
}

export interface SequencerPeers {
  readonly l1: L1Parts;
  readonly l2: L2Parts;
  readonly engine: EngineActor;
  readonly telemetry: NodeTelemetry;
  /** Null without peers. */
  readonly publisher: BlockPublisher | null;
}

/**
 * Makes the actor that builds blocks, and the side of it that `admin_*` commands. Reads the stored state.
 * @throws NodeError critical when that is not usable.
 */
export async function createSequencer(
  config: NodeConfig,
  l1Config: L1ChainConfig,
  { l1, l2, engine, telemetry, publisher }: SequencerPeers,
  deps: NodeDeps,
): Promise<SequencerParts> {
  const { rollup, sequencer } = config;
  const { clock } = deps;
  const log = deps.log.child({ component: 'sequencer' });
  const { adminStatePath } = config.rpc;
  const store =
    adminStatePath === null ? new DisabledAdminState() : new AdminStateFile(adminStatePath);
  const stored = await store.read();
  const startsActive = startsSequencing(config, stored.sequencerStarted, log);
  const { conductor, close } = createConductor(config, telemetry, deps);
  const recorder = telemetry.sequencer;
  const state = new SequencerCell(sequencer.isRecoverMode);
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
      publisher: publisher ?? new DisabledPublisher(),
      recorder,
      clock,
      log,
    },
  );
  const admin = new SequencerAdmin({ state, engine, conductor, store, recorder, log });
  const sdm = new SdmControl(rollup, storedOptIn(stored.sdmPostExecOptIn, log), { engine, store });
  return { actor, admin, sdm, startsActive, close };
}

function createConductor(
  { conductor }: NodeConfig,
  telemetry: NodeTelemetry,
  { clock, random, log: nodeLog }: NodeDeps,
): { readonly conductor: SequencerConductor; close(): Promise<void> } {
  if (!conductor.isEnabled) {
    return { conductor: new DisabledConductor(), close: async () => undefined };
  }
  const { url, rpcTimeoutMs: timeoutMs } = conductor;
  const recorder = telemetry.rpcClients.recorder('conductor');
  const rpc = createRpcClient({ url, timeoutMs }, { clock, random, recorder });
  const log = nodeLog.child({ component: 'conductor' });
  return {
    conductor: new ConductorClient({ timeoutMs }, { rpc, clock, log }),
    close: () => rpc.close(),
  };
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

/**
 * Whether the node begins to sequence by itself: as the flags say, unless the state that was stored says otherwise.
 * With a conductor nothing may be stored, for it decides. op-node `config/config.go` LoadPersisted, Check.
 * @param wasStarted as it was stored; null where nothing was.
 * @throws NodeError CONFIG_INVALID, critical.
 */
export function startsSequencing(
  { sequencer, conductor }: Pick<NodeConfig, 'sequencer' | 'conductor'>,
  wasStarted: boolean | null,
  log: Logger,
): boolean {
  if (wasStarted === null) {
    log.info('No persisted sequencer state loaded');
    return !sequencer.isStopped;
  }
  if (conductor.isEnabled) {
    const text = '--rpc.admin-state: config persistence must be disabled when conductor is enabled';
    throw new NodeError('CONFIG_INVALID', text, { severity: 'critical' });
  }
  const stopped = !wasStarted;
  if (stopped !== sequencer.isStopped) {
    log.warn('Overriding sequencer.stopped with persisted state', { stopped });
  }
  return wasStarted;
}

/** op-node `config/config.go` LoadPersisted. */
function storedOptIn(enabled: boolean | null, log: Logger): boolean {
  if (enabled === null) log.info('No persisted SDM state loaded');
  else log.info('Persisted SDM state loaded', { enabled });
  return enabled ?? false;
}
