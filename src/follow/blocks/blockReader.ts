import { NodeError } from '../../errors/nodeError.js';
import type { HashedHeader } from '../../rollup/blockHeader.js';
import { verifyRpcHeader, verifyRpcPayload } from '../../rollup/rpcPayload.js';
import type { RpcClient } from '../../transport/ports.js';
import type { ExecutionPayloadEnvelope } from '../../types/payload.js';

/** Headers asked for in one batch, and batches in flight. */
const HEADERS_PER_BATCH = 32;
const HEADER_BATCHES = 4;

/** Headers read at once at most. */
export const HEADER_WINDOW = HEADERS_PER_BATCH * HEADER_BATCHES;

/** Full blocks in flight. One can take megabytes as JSON, so this bounds the memory. */
export const BLOCK_WINDOW = 16;

/** A header lists the hashes of its transactions: 32 blocks of 2,000 transactions take 5 MB. */
const MAX_BATCH_BYTES = 32 * 1024 * 1024;
/** A block of 30 million gas full of call data stays below a quarter of this. */
const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

export interface BlockReaderOptions {
  /** Of each request. */
  readonly rpcTimeoutMs: number;
}

/** Reads blocks of an execution client by number. Nothing it says is taken that does not hash to what it claims. */
export class BlockReader {
  constructor(
    private readonly options: BlockReaderOptions,
    private readonly rpc: RpcClient,
  ) {}

  /** Height of the client's tip. @throws NodeError, temporary. */
  async tip(signal: AbortSignal): Promise<bigint> {
    const { rpcTimeoutMs: timeoutMs } = this.options;
    const params = ['latest', false];
    const json = await this.rpc.request('eth_getBlockByNumber', params, {
      ...{ signal, timeoutMs, maxBytes: MAX_BATCH_BYTES },
    });
    return verifyRpcHeader(json).number;
  }

  /**
   * The headers of these heights, at most HEADER_WINDOW, in the order asked for; hashes recomputed.
   * @throws NodeError FOLLOW_BLOCK_UNAVAILABLE or another temporary one.
   */
  async headers(numbers: readonly bigint[], signal: AbortSignal): Promise<readonly HashedHeader[]> {
    const { rpcTimeoutMs: timeoutMs } = this.options;
    const batches: bigint[][] = [];
    for (let i = 0; i < numbers.length; i += HEADERS_PER_BATCH) {
      batches.push(numbers.slice(i, i + HEADERS_PER_BATCH));
    }
    const answers = await Promise.all(
      batches.map((batch) => {
        const calls = batch.map((number) => ({
          method: 'eth_getBlockByNumber',
          params: [quantity(number), false],
        }));
        return this.rpc.batch(calls, { signal, timeoutMs, maxBytes: MAX_BATCH_BYTES });
      }),
    );
    return answers.flat().map((outcome, i) => {
      if (outcome.kind === 'error') throw outcome.error;
      const number = numbers[i] ?? 0n;
      if (outcome.result === null) throw unavailable(number);
      const header = verifyRpcHeader(outcome.result);
      if (header.number !== number) throw unavailable(number);
      return header;
    });
  }

  /**
   * The blocks of these heights, at most BLOCK_WINDOW, in the order asked for: every transaction encoded again,
   * transactions root and block hash recomputed. @throws as `headers`.
   */
  async payloads(
    numbers: readonly bigint[],
    signal: AbortSignal,
  ): Promise<readonly ExecutionPayloadEnvelope[]> {
    const { rpcTimeoutMs: timeoutMs } = this.options;
    const options = { signal, timeoutMs, maxBytes: MAX_BLOCK_BYTES };
    return Promise.all(
      numbers.map(async (number) => {
        const params = [quantity(number), true];
        const json = await this.rpc.request('eth_getBlockByNumber', params, options);
        if (json === null) throw unavailable(number);
        const envelope = verifyRpcPayload(json);
        if (envelope.executionPayload.blockNumber !== number) throw unavailable(number);
        return envelope;
      }),
    );
  }
}

function quantity(number: bigint): string {
  return `0x${number.toString(16)}`;
}

function unavailable(number: bigint): NodeError {
  return new NodeError('FOLLOW_BLOCK_UNAVAILABLE', 'block source does not have the block', {
    severity: 'temporary',
    fields: { number },
  });
}
