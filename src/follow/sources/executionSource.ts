import { NodeError } from '../../errors/nodeError.js';
import { headerRef } from '../../rollup/blockHeader.js';
import type { FirstTransaction, RefConfig } from '../../rollup/l2BlockRef.js';
import { l2BlockRefFrom } from '../../rollup/l2BlockRef.js';
import { RpcFields } from '../../rollup/rpcFields.js';
import { verifyRpcHeader } from '../../rollup/rpcPayload.js';
import type { RpcCallOptions, RpcClient, RpcOutcome } from '../../transport/ports.js';
import { RpcError } from '../../transport/ports.js';
import type { Hash, L1BlockRef, L2BlockRef } from '../../types/block.js';
import type { FollowStatus } from '../rules/followStatus.js';
import type { StatusReader } from './consensusSource.js';
import { METHOD_NOT_FOUND } from './consensusSource.js';

/** Three headers with the hashes of their transactions; a full block of small transactions lists some 3,000. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** Refs kept by hash: the three heads of the last polls. */
const KEPT_REFS = 16;

/** Lowest first: the labels move while they are read, and only this order never shows finalized above safe. */
const TAGS = ['finalized', 'safe', 'latest'] as const;

/** How execution clients say that a label or block is not known: op-geth, op-reth, op-erigon, nethermind. */
const NOT_FOUND = /not found|unknown block|not available|no (?:such )?block/i;

export interface ExecutionSourceOptions {
  /** Of each request. */
  readonly rpcTimeoutMs: number;
  readonly config: RefConfig;
}

export interface ExecutionSourceDeps {
  readonly rpc: RpcClient;
}

/**
 * An execution client as source: its labels are the heads, and each head's L1 origin is decoded from the first
 * transaction of its block. Header hashes are recomputed. It knows no current_l1, and local safe is safe.
 * Differs: op-node follows consensus nodes only.
 */
export class ExecutionSource implements StatusReader {
  private readonly refs = new Map<Hash, L2BlockRef>();

  constructor(
    private readonly options: ExecutionSourceOptions,
    private readonly deps: ExecutionSourceDeps,
  ) {}

  /** @throws NodeError FOLLOW_TAG_MISSING (temporary) when one of the labels is not known to it yet. */
  async getFollowStatus(signal: AbortSignal): Promise<FollowStatus> {
    const calls = TAGS.map((tag) => ({ method: 'eth_getBlockByNumber', params: [tag, false] }));
    const outcomes = await this.deps.rpc.batch(calls, this.call(signal));
    const headers = TAGS.map((tag, i) => taggedHeader(tag, outcomes[i]));
    const [finalized, safe, unsafe] = await this.refsOf(headers, signal);
    if (finalized === undefined || safe === undefined || unsafe === undefined) {
      throw malformed('batch answer is incomplete', {});
    }
    return { currentL1: null, headL1: null, localSafe: safe, safe, finalized, unsafe };
  }

  async blockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null> {
    const params = [`0x${number.toString(16)}`, false];
    const json = await this.deps.rpc.request('eth_getBlockByNumber', params, this.call(signal));
    if (json === null) return null;
    const header = headerRef(verifyRpcHeader(json));
    if (header.number !== number) throw malformed('answered another height', { asked: number });
    const [ref] = await this.refsOf([header], signal);
    return ref ?? null;
  }

  private async refsOf(
    headers: readonly L1BlockRef[],
    signal: AbortSignal,
  ): Promise<readonly L2BlockRef[]> {
    const genesis = this.options.config.genesis.l2.number;
    const missing = headers.filter((h) => !this.refs.has(h.hash) && h.number !== genesis);
    const distinct = [...new Map(missing.map((header) => [header.hash, header])).values()];
    const firsts = await this.firstTransactions(distinct, signal);
    const made = new Map<Hash, L2BlockRef>();
    for (const [i, header] of distinct.entries()) {
      made.set(header.hash, l2BlockRefFrom(this.options.config, header, firsts[i] ?? null));
    }
    const refs = headers.map(
      (header) =>
        this.refs.get(header.hash) ??
        made.get(header.hash) ??
        l2BlockRefFrom(this.options.config, header, null),
    );
    for (const ref of refs) this.keep(ref);
    return refs;
  }

  private async firstTransactions(
    headers: readonly L1BlockRef[],
    signal: AbortSignal,
  ): Promise<readonly (FirstTransaction | null)[]> {
    if (headers.length === 0) return [];
    const calls = headers.map(({ hash }) => ({
      method: 'eth_getTransactionByBlockHashAndIndex',
      params: [hash, '0x0'],
    }));
    const outcomes = await this.deps.rpc.batch(calls, this.call(signal));
    return outcomes.map((outcome) => {
      if (outcome.kind === 'error') throw outcome.error;
      if (outcome.result === null) return null;
      const tx = new RpcFields(outcome.result, 'transaction');
      return { type: Number(tx.quantity('type')), data: tx.hex('input') };
    });
  }

  private keep(ref: L2BlockRef): void {
    this.refs.delete(ref.hash);
    this.refs.set(ref.hash, ref);
    for (const oldest of this.refs.keys()) {
      if (this.refs.size <= KEPT_REFS) break;
      this.refs.delete(oldest);
    }
  }

  private call(signal: AbortSignal): RpcCallOptions {
    return { signal, timeoutMs: this.options.rpcTimeoutMs, maxBytes: MAX_ANSWER_BYTES };
  }
}

function taggedHeader(tag: string, outcome: RpcOutcome | undefined): L1BlockRef {
  if (outcome === undefined) throw malformed('batch answer is incomplete', { tag });
  if (outcome.kind === 'error' && !isBlockMissing(outcome.error)) throw outcome.error;
  if (outcome.kind === 'error' || outcome.result === null) {
    throw new NodeError('FOLLOW_TAG_MISSING', 'followed source does not know this label yet', {
      severity: 'temporary',
      fields: { tag },
    });
  }
  return headerRef(verifyRpcHeader(outcome.result));
}

/** "The method … is not available" reads much the same. */
function isBlockMissing(error: NodeError): boolean {
  const isAnswer = error instanceof RpcError && error.rpcCode !== METHOD_NOT_FOUND;
  return isAnswer && NOT_FOUND.test(error.message);
}

function malformed(problem: string, fields: Readonly<Record<string, unknown>>): NodeError {
  return new NodeError('FOLLOW_STATUS_MALFORMED', `followed source: ${problem}`, {
    severity: 'temporary',
    fields,
  });
}
