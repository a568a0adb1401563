import { NodeError } from '../errors/nodeError.js';
import { isActive } from '../rollup/forks.js';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import type { RpcClient } from '../transport/ports.js';
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
import type { EngineApi } from './ports.js';

export interface EngineClientOptions {
  /** Of every call, in milliseconds (`--l2.engine-rpc-timeout`). */
  readonly timeoutMs: number;
  readonly rollup: Pick<RollupConfig, 'forks'>;
}

/**
 * The Engine API of one execution client. The method version follows the fork of the block's time; a forkchoice
 * update without attributes is always V3. Answers are decoded strictly.
 * @throws RpcError with the engine's code; TRANSPORT_*; ENGINE_RESPONSE_INVALID. All temporary.
 * Spec: exec-engine, "Engine API"; op-node `rollup/types.go` ForkchoiceUpdatedVersion and the two after it.
 */
export class EngineClient implements EngineApi {
  constructor(
    private readonly options: EngineClientOptions,
    private readonly deps: { readonly rpc: RpcClient },
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
    const version = this.payloadVersion(executionPayload.timestamp);
    const method = `engine_newPayload${version}`;
    return this.call(method, params[version], decodePayloadStatus, signal);
  }

  async getPayload(info: PayloadInfo, signal: AbortSignal): Promise<ExecutionPayloadEnvelope> {
    const method = `engine_getPayload${this.payloadVersion(info.timestamp)}`;
    return this.call(method, [info.id], decodePayloadEnvelope, signal);
  }

  private forkchoiceMethod(attributes: PayloadAttributes | null): string {
    const { rollup } = this.options;
    if (attributes === null || isActive(rollup, 'ecotone', attributes.timestamp)) {
      return 'engine_forkchoiceUpdatedV3';
    }
    // V2 would do before Canyon too, but execution clients refuse it there.
    const isCanyon = isActive(rollup, 'canyon', attributes.timestamp);
    return isCanyon ? 'engine_forkchoiceUpdatedV2' : 'engine_forkchoiceUpdatedV1';
  }

  private payloadVersion(timestamp: bigint): 'V2' | 'V3' | 'V4' {
    const { rollup } = this.options;
    if (isActive(rollup, 'isthmus', timestamp)) return 'V4';
    return isActive(rollup, 'ecotone', timestamp) ? 'V3' : 'V2';
  }

  private async call<T>(
    method: string,
    params: readonly unknown[],
    decode: (result: unknown) => T,
    signal: AbortSignal,
  ): Promise<T> {
    const { timeoutMs } = this.options;
    const result = await this.deps.rpc.request(method, params, { signal, timeoutMs });
    try {
      return decode(result);
    } catch (cause) {
      throw wrapCodec(method, cause);
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
