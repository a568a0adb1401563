import type {
  ExecutionPayloadEnvelope,
  ForkchoiceState,
  ForkchoiceUpdatedResult,
  PayloadAttributes,
  PayloadInfo,
  PayloadStatus,
} from '../types/payload.js';
import type { EngineApi } from './ports.js';

export interface RememberingEngineApiDeps {
  readonly api: EngineApi;
  readonly blocks: { remember(envelope: ExecutionPayloadEnvelope): void };
}

/**
 * The Engine API, with every block that the execution client built or found valid handed to who reads blocks: derivation
 * asks for the block that has just been built, to learn its system config, and does so while it is being inserted.
 */
export class RememberingEngineApi implements EngineApi {
  constructor(private readonly deps: RememberingEngineApiDeps) {}

  forkchoiceUpdated(
    state: ForkchoiceState,
    attributes: PayloadAttributes | null,
    signal: AbortSignal,
  ): Promise<ForkchoiceUpdatedResult> {
    return this.deps.api.forkchoiceUpdated(state, attributes, signal);
  }

  async newPayload(
    envelope: ExecutionPayloadEnvelope,
    signal: AbortSignal,
  ): Promise<PayloadStatus> {
    const status = await this.deps.api.newPayload(envelope, signal);
    if (status.status === 'VALID') this.deps.blocks.remember(envelope);
    return status;
  }

  async getPayload(info: PayloadInfo, signal: AbortSignal): Promise<ExecutionPayloadEnvelope> {
    const envelope = await this.deps.api.getPayload(info, signal);
    this.deps.blocks.remember(envelope);
    return envelope;
  }
}
