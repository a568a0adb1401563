import { NodeError } from '../errors/nodeError.js';
import type { RpcAdminPort } from '../rpc/ports.js';
import type { SdmControl } from '../sequencer/sdmControl.js';
import type { SequencerAdmin } from '../sequencer/sequencerAdmin.js';
import type { Logger, LogLevel } from '../telemetry/logger.js';
import type { Hash } from '../types/block.js';
import type { ExecutionPayloadEnvelope } from '../types/payload.js';
import type { SdmStatus } from '../types/sdmStatus.js';

export interface AdminBackendDeps {
  readonly engine: { addUnsafePayload(envelope: ExecutionPayloadEnvelope): void };
  /** Null where nothing derives. */
  readonly derivation: { requestReset(): void } | null;
  /** Null on a node that does not sequence. */
  readonly sequencer: SequencerControl | null;
  /** Null as `sequencer`. */
  readonly sdm: Pick<SdmControl, 'optIn' | 'status'> | null;
  readonly setLogLevel: (level: LogLevel) => void;
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
 * What `admin_*` does. The error texts reach the caller as they are.
 * op-node `node/api.go` and `rollup/sequencing/disabled.go`.
 */
export class AdminBackend implements RpcAdminPort {
  private readonly deps: AdminBackendDeps;

  constructor(deps: AdminBackendDeps) {
    this.deps = deps;
  }

  /**
   * Has the engine reset, and the pipeline started over from its heads; the answer does not wait for that. A follower
   * has no pipeline and answers null as op-node's.
   */
  async resetDerivationPipeline(): Promise<void> {
    const { derivation, log } = this.deps;
    if (derivation !== null) derivation.requestReset();
    else log.warn('Derivation pipeline reset was asked for, but nothing derives');
  }

  postUnsafePayload(envelope: ExecutionPayloadEnvelope): void {
    this.deps.engine.addUnsafePayload(envelope);
  }

  async startSequencer(unsafeHash: Hash, signal: AbortSignal): Promise<void> {
    await this.sequencer().start(unsafeHash, signal);
  }

  async stopSequencer(signal: AbortSignal): Promise<Hash> {
    return this.sequencer().stop(signal);
  }

  async sequencerActive(): Promise<boolean> {
    return this.deps.sequencer?.isActive ?? false;
  }

  async overrideLeader(): Promise<void> {
    this.sequencer().overrideLeader();
  }

  async conductorEnabled(): Promise<boolean> {
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
