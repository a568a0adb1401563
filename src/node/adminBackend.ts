import { NodeError } from '../errors/nodeError.js';
import type { RpcAdminPort } from '../rpc/ports.js';
import type { Logger, LogLevel } from '../telemetry/logger.js';
import type { ExecutionPayloadEnvelope } from '../types/payload.js';

export interface AdminBackendDeps {
  readonly engine: { addUnsafePayload(envelope: ExecutionPayloadEnvelope): void };
  /** Null where nothing derives. */
  readonly derivation: { requestReset(): void } | null;
  readonly setLogLevel: (level: LogLevel) => void;
  readonly log: Logger;
}

function sequencerNotEnabled(): NodeError {
  return new NodeError('SEQUENCER_NOT_ENABLED', 'sequencer is not enabled', {
    severity: 'temporary',
  });
}

/**
 * What `admin_*` does on a node that does not sequence. The error texts reach the caller as they are.
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

  async startSequencer(): Promise<never> {
    throw sequencerNotEnabled();
  }

  async stopSequencer(): Promise<never> {
    throw sequencerNotEnabled();
  }

  async sequencerActive(): Promise<boolean> {
    return false;
  }

  async overrideLeader(): Promise<never> {
    throw sequencerNotEnabled();
  }

  async conductorEnabled(): Promise<boolean> {
    return false;
  }

  /** Accepted and without effect, as op-node's disabled sequencer. */
  async setRecoverMode(): Promise<void> {}

  setLogLevel(level: LogLevel): void {
    this.deps.setLogLevel(level);
  }
}
