import { NodeError } from '../errors/nodeError.js';
import type { RpcAdminPort } from '../rpc/ports.js';
import { anyOf } from '../runtime/anyOf.js';
import type { Clock } from '../runtime/clock.js';
import type { WatchReader } from '../runtime/watch.js';
import type { SdmControl } from '../sequencer/sdmControl.js';
import type { SequencerAdmin } from '../sequencer/sequencerAdmin.js';
import type { Logger, LogLevel } from '../telemetry/logger.js';
import type { Hash } from '../types/block.js';
import type { EngineHeads } from '../types/engineHeads.js';
import { isInitialElSyncing } from '../types/engineHeads.js';
import type { ExecutionPayloadEnvelope } from '../types/payload.js';
import type { SdmStatus } from '../types/sdmStatus.js';

/** What a call asked for goes on after that, and the answer is given: op-node's limit of one call of its engine. */
const ANSWER_WITHIN_MS = 10_000;

export interface AdminBackendDeps {
  readonly engine: {
    readonly heads: WatchReader<Pick<EngineHeads, 'resetEpoch' | 'elSync'>>;
    /** Resolves when the payload is inserted or dropped, or has to wait for something. */
    addUnsafePayload(envelope: ExecutionPayloadEnvelope): Promise<void>;
  };
  /** Null where nothing derives. */
  readonly derivation: { requestReset(): void } | null;
  /** Null on a node that does not sequence. */
  readonly sequencer: SequencerControl | null;
  /** Null as `sequencer`. */
  readonly sdm: Pick<SdmControl, 'optIn' | 'status'> | null;
  readonly setLogLevel: (level: LogLevel) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The sequencer as it is commanded. */
export type SequencerControl = Pick<
  SequencerAdmin,
  'start' | 'stop' | 'isActive' | 'isConductorEnabled' | 'overrideLeader' | 'setRecoverMode'
>;

function sequencerNotEnabled(): NodeError {
  return new NodeError('SEQUENCER_NOT_ENABLED', 'sequencer is not enabled', {
    severity: 'temporary',
  });
}

/**
 * What `admin_*` does; what was asked for is done when the answer comes, unless that takes too long. The error texts reach
 * the caller as they are.
 * op-node `node/api.go` and `rollup/sequencing/disabled.go`.
 */
export class AdminBackend implements RpcAdminPort {
  private readonly deps: AdminBackendDeps;

  constructor(deps: AdminBackendDeps) {
    this.deps = deps;
  }

  /**
   * Has the engine reset, and the pipeline started over from its heads: what was derived before is void at once. A
   * follower has no pipeline and answers null as op-node's. While the execution layer does its first sync nothing is
   * derived, and the reset comes at its end.
   */
  async resetDerivationPipeline(signal: AbortSignal): Promise<void> {
    const { derivation, log, engine } = this.deps;
    if (derivation === null) {
      log.warn('Derivation pipeline reset was asked for, but nothing derives');
      return;
    }
    const before = engine.heads.get();
    derivation.requestReset();
    if (isInitialElSyncing(before)) return;
    await this.within(signal, async (limited) => {
      let heads = engine.heads.get();
      while (heads.resetEpoch === before.resetEpoch) {
        heads = await engine.heads.changed(heads, limited);
      }
    });
  }

  /** As op-node, it answers alike whether the engine has taken the payload or not: the log says why. */
  async postUnsafePayload(envelope: ExecutionPayloadEnvelope, signal: AbortSignal): Promise<void> {
    await this.within(signal, () => this.deps.engine.addUnsafePayload(envelope));
  }

  async startSequencer(unsafeHash: Hash, signal: AbortSignal): Promise<void> {
    await this.sequencer().start(unsafeHash, signal);
  }

  async stopSequencer(signal: AbortSignal): Promise<Hash> {
    return this.sequencer().stop(signal);
  }

  sequencerActive(): boolean {
    return this.deps.sequencer?.isActive ?? false;
  }

  async overrideLeader(): Promise<void> {
    this.sequencer().overrideLeader();
  }

  conductorEnabled(): boolean {
    return this.deps.sequencer?.isConductorEnabled ?? false;
  }

  /** Accepted and without effect where nothing sequences, as op-node's disabled sequencer. */
  async setRecoverMode(isEnabled: boolean): Promise<void> {
    this.deps.sequencer?.setRecoverMode(isEnabled);
  }

  async setSdmPostExecOptIn(isEnabled: boolean): Promise<void> {
    await this.sdm().optIn(isEnabled);
  }

  async sdmStatus(): Promise<SdmStatus> {
    return this.sdm().status();
  }

  setLogLevel(level: LogLevel): void {
    this.deps.setLogLevel(level);
  }

  /** Waits for the work as long as an answer may take. @throws NodeError ABORTED with the signal. */
  private async within(
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    await anyOf([work, (s) => this.deps.clock.sleep(ANSWER_WITHIN_MS, s)], signal);
  }

  /** @throws NodeError SEQUENCER_NOT_ENABLED */
  private sdm(): Pick<SdmControl, 'optIn' | 'status'> {
    const { sdm } = this.deps;
    if (sdm === null) throw sequencerNotEnabled();
    return sdm;
  }

  /** @throws NodeError SEQUENCER_NOT_ENABLED */
  private sequencer(): SequencerControl {
    const { sequencer } = this.deps;
    if (sequencer === null) throw sequencerNotEnabled();
    return sequencer;
  }
}
