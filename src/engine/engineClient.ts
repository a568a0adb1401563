import { hasCode, NodeError } from '../errors/nodeError.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { RpcClient } from '../transport/ports.js';
import { RpcError } from '../transport/ports.js';
import type {
  ExecutionPayloadEnvelope,
  ForkchoiceState,
  ForkchoiceUpdatedResult,
  PayloadAttributes,
  PayloadInfo,
  PayloadStatus,
} from '../types/payload.js';
import {
  decodeForkchoiceUpdatedResult,
  decodePayloadEnvelope,
  decodePayloadStatus,
  encodeExecutionPayload,
  encodeForkchoiceState,
  encodePayloadAttributes,
  PayloadCodecError,
} from '../types/payloadCodec.js';
import type { EngineAbilities } from './engineAbilities.js';
import { isUnsupported } from './engineErrors.js';
import { blockMethods } from './engineMethods.js';
import type { EngineApi } from './ports.js';

export interface EngineClientOptions {
  /** Of every call, in milliseconds (`--l2.engine-rpc-timeout`). */
  readonly timeoutMs: number;
  readonly rollup: Pick<RollupConfig, 'forks'>;
}

/**
 * The Engine API of one execution client. The method version follows the fork of the block's time (`engineMethods.ts`); a
 * forkchoice update without attributes is always V3. Answers are decoded strictly.
 * @throws RpcError with the engine's code; TRANSPORT_*; ENGINE_RESPONSE_INVALID. All temporary.
 */
export class EngineClient implements EngineApi {
  constructor(
    private readonly options: EngineClientOptions,
    private readonly deps: { readonly rpc: RpcClient; readonly abilities: EngineAbilities },
  ) {}

  async forkchoiceUpdated(
    state: ForkchoiceState,
    attributes: PayloadAttributes | null,
    signal: AbortSignal,
  ): Promise<ForkchoiceUpdatedResult> {
    const method = this.forkchoiceMethod(attributes);
    const encoded = attributes === null ? null : encode(method, attributes);
    const params = [encodeForkchoiceState(state), encoded];
    return this.call(method, params, decodeForkchoiceUpdatedResult, signal);
  }

  async newPayload(
    envelope: ExecutionPayloadEnvelope,
    signal: AbortSignal,
  ): Promise<PayloadStatus> {
    const { executionPayload, parentBeaconBlockRoot } = envelope;
    const payload = encodeExecutionPayload(executionPayload);
    // Blob hashes and execution requests are always empty lists on L2.
    const params = {
      V2: [payload],
      V3: [payload, [], parentBeaconBlockRoot ?? null],
      V4: [payload, [], parentBeaconBlockRoot ?? null, []],
    };
    const { newPayload } = blockMethods(this.options.rollup, executionPayload.timestamp);
    const method = `engine_newPayload${newPayload}`;
    return this.call(method, params[newPayload], decodePayloadStatus, signal);
  }

  /**
   * By the method that the fork wants, or the next best that the execution client has: a version that is listed may be
   * refused at that fork all the same. What was refused is not asked again before the list is read anew.
   */
  async getPayload(info: PayloadInfo, signal: AbortSignal): Promise<ExecutionPayloadEnvelope> {
    const methods = [...this.deps.abilities.payloadMethods(info.timestamp)];
    for (;;) {
      const method = methods.shift() ?? '';
      try {
        return await this.call(method, [info.id], decodePayloadEnvelope, signal);
      } catch (thrown) {
        if (methods.length === 0 || !isUnsupported(thrown)) throw thrown;
        this.deps.abilities.refuse(method);
      }
    }
  }

  private forkchoiceMethod(attributes: PayloadAttributes | null): string {
    if (attributes === null) return 'engine_forkchoiceUpdatedV3';
    const { forkchoiceUpdated } = blockMethods(this.options.rollup, attributes.timestamp);
    return `engine_forkchoiceUpdated${forkchoiceUpdated}`;
  }

  private async call<T>(
    method: string,
    params: readonly unknown[],
    decode: (result: unknown) => T,
    signal: AbortSignal,
  ): Promise<T> {
    const result = await this.request(method, params, signal);
    try {
      return decode(result);
    } catch (cause) {
      throw wrapCodec(method, cause);
    }
  }

  /** Notes whether the execution client was there. */
  private async request(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
  ): Promise<unknown> {
    const { rpc, abilities } = this.deps;
    const { timeoutMs } = this.options;
    try {
      const result = await rpc.request(method, params, { signal, timeoutMs });
      abilities.answered();
      return result;
    } catch (thrown) {
      if (thrown instanceof RpcError) abilities.answered();
      else if (!hasCode(thrown, 'ABORTED')) abilities.notReached();
      throw thrown;
    }
  }
}

function encode(method: string, attributes: PayloadAttributes): unknown {
  try {
    return encodePayloadAttributes(attributes);
  } catch (cause) {
    throw wrapCodec(method, cause);
  }
}

function wrapCodec(method: string, cause: unknown): unknown {
  if (!(cause instanceof PayloadCodecError)) return cause;
  return new NodeError('ENGINE_RESPONSE_INVALID', `${method}: ${cause.message}`, {
    severity: 'temporary',
    fields: { method, field: cause.field },
    cause,
  });
}
