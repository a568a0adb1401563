import { NodeError } from '../../errors/nodeError.js';
import type { RpcCallOptions, RpcClient } from '../../transport/ports.js';
import { RpcError } from '../../transport/ports.js';
import type { L2BlockRef } from '../../types/block.js';
import type { FollowStatus } from '../rules/followStatus.js';
import { decodeFollowStatus, decodeL2Ref } from './statusDecoder.js';

/** JSON-RPC: the endpoint does not offer the method. */
export const METHOD_NOT_FOUND = -32601;

/** A status takes about 3 KiB; with an output root around it about 4. */
const MAX_STATUS_BYTES = 64 * 1024;

/** Reads what a followed source says. */
export interface StatusReader {
  /** @throws NodeError of severity temporary. */
  getFollowStatus(signal: AbortSignal): Promise<FollowStatus>;
  /** The source's block of that height; null when it has none there or does not say. @throws as above. */
  blockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null>;
}

export interface ConsensusSourceOptions {
  /** Of each request. */
  readonly rpcTimeoutMs: number;
}

export interface ConsensusSourceDeps {
  readonly rpc: RpcClient;
  /** Asked for blocks where the source does not offer `optimism_outputAtBlock`. */
  readonly fallback: Pick<StatusReader, 'blockRefByNumber'>;
}

/** A consensus node as source. op-node `op-service/sources/follow_client.go`. */
export class ConsensusSource implements StatusReader {
  private offersOutputs = true;
  /** What it said last, as it came and as it was read. */
  private last: { readonly json: unknown; readonly status: FollowStatus } | null = null;

  constructor(
    private readonly options: ConsensusSourceOptions,
    private readonly deps: ConsensusSourceDeps,
  ) {}

  async getFollowStatus(signal: AbortSignal): Promise<FollowStatus> {
    const options = { ...this.call(signal), isPolled: true };
    const json = await this.deps.rpc.request('optimism_syncStatus', [], options);
    if (this.last !== null && this.last.json === json) return this.last.status;
    const status = decodeFollowStatus(json);
    this.last = { json, status };
    return status;
  }

  async blockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null> {
    if (!this.offersOutputs) return this.deps.fallback.blockRefByNumber(number, signal);
    const params = [`0x${number.toString(16)}`];
    let output: unknown;
    try {
      output = await this.deps.rpc.request('optimism_outputAtBlock', params, this.call(signal));
    } catch (thrown) {
      if (!(thrown instanceof RpcError)) throw thrown;
      // Any other error object means that it has no such block.
      if (thrown.rpcCode !== METHOD_NOT_FOUND) return null;
      this.offersOutputs = false;
      return this.deps.fallback.blockRefByNumber(number, signal);
    }
    const ref = decodeL2Ref((output as { blockRef?: unknown } | null)?.blockRef, 'blockRef');
    if (ref.number === number) return ref;
    throw new NodeError('FOLLOW_STATUS_MALFORMED', 'followed source: answered another height', {
      severity: 'temporary',
      fields: { asked: number, answered: ref.number },
    });
  }

  private call(signal: AbortSignal): RpcCallOptions {
    return { signal, timeoutMs: this.options.rpcTimeoutMs, maxBytes: MAX_STATUS_BYTES };
  }
}

/** True where the endpoint says that it does not offer the method. */
export function isMethodNotFound(thrown: unknown): boolean {
  return thrown instanceof RpcError && thrown.rpcCode === METHOD_NOT_FOUND;
}
