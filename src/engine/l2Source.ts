import { hasCode, NodeError } from '../errors/nodeError.js';
import { verifyAccountProof } from '../rollup/accountProof.js';
import type { HashedHeader } from '../rollup/blockHeader.js';
import { headerRef, parseRpcHeader } from '../rollup/blockHeader.js';
import { isActive } from '../rollup/forks.js';
import type { FirstTransaction } from '../rollup/l2BlockRef.js';
import { l2BlockRefFrom } from '../rollup/l2BlockRef.js';
import type { RollupConfig, SystemConfig } from '../rollup/rollupConfig.js';
import { RpcFields } from '../rollup/rpcFields.js';
import {
  checkPostMerge,
  rpcBlockToPayload,
  verifyRpcBlock,
  verifyRpcHeader,
  verifyRpcPayload,
} from '../rollup/rpcPayload.js';
import { payloadToSystemConfig } from '../rollup/systemConfig.js';
import type { CacheObserver } from '../runtime/lruCache.js';
import { LruCache } from '../runtime/lruCache.js';
import type { RpcCall, RpcClient, RpcOutcome } from '../transport/ports.js';
import { RpcError } from '../transport/ports.js';
import { requestOrNull, resultOrNull } from '../transport/requestOrNull.js';
import type {
  Address,
  BlockId,
  BlockLabel,
  BlocksByNumber,
  Hash,
  L2BlockRef,
} from '../types/block.js';
import type { OutputFacts } from '../types/outputFacts.js';
import type { ExecutionPayload, ExecutionPayloadEnvelope } from '../types/payload.js';

export interface L2SourceOptions {
  readonly config: RollupConfig;
  /**
   * True for our own execution layer: hashes and roots are taken as said, as op-node does. False recomputes the block
   * hash, transactions included, of all that is used.
   */
  readonly isTrusted: boolean;
  /** Output facts always from the state (`--fetch-withdrawal-root-from-state`), not from Isthmus headers. */
  readonly fetchWithdrawalRootFromState: boolean;
  /** Block refs kept by hash. */
  readonly refCacheSize: number;
  /** Payloads that were read, payloads that were taken, and system configs, kept by hash: so many of each. */
  readonly payloadCacheSize: number;
}

export interface L2SourceDeps {
  readonly rpc: RpcClient;
  /** Metrics of a cache by op-node's label: `blockrefs`, `payloads`, `systemconfigs`. */
  readonly cacheObserver?: (label: string) => CacheObserver;
}

/** The L2ToL1MessagePasser predeploy. Spec: protocol/predeploys. */
export const MESSAGE_PASSER_ADDRESS: Address = '0x4200000000000000000000000000000000000016';

/** How a client answers that takes a single call and no batch, or not one of that size. */
const NO_BATCHES = ['TRANSPORT_HTTP_STATUS', 'TRANSPORT_MALFORMED', 'TRANSPORT_TOO_LARGE'] as const;

type BlockQuery =
  | { readonly kind: 'label'; readonly label: BlockLabel }
  | { readonly kind: 'number'; readonly number: bigint }
  | { readonly kind: 'hash'; readonly hash: Hash };

/**
 * Reads L2 blocks from an execution client's `eth` namespace: refs, payloads and output facts, by label, number or
 * hash. Null means that the client does not have the block; every failure is a temporary NodeError (TRANSPORT_*,
 * RPC_ERROR, ROLLUP_*). What is asked by number or label is never cached: the chain may reorg. Stateless otherwise,
 * so any actor may use it at the same time. op-node `op-service/sources/l2_client.go`, `eth_client.go`.
 */
export class L2Source {
  private readonly refs: LruCache<Hash, L2BlockRef>;
  private readonly payloads: LruCache<Hash, ExecutionPayloadEnvelope>;
  /** Apart from what is read: derivation reading a span of blocks again must not drop those that may have to be given back. */
  private readonly taken: LruCache<Hash, ExecutionPayloadEnvelope>;
  private readonly systemConfigs: LruCache<Hash, SystemConfig>;

  constructor(
    private readonly options: L2SourceOptions,
    private readonly deps: L2SourceDeps,
  ) {
    this.refs = new LruCache(options.refCacheSize, deps.cacheObserver?.('blockrefs'));
    this.payloads = new LruCache(options.payloadCacheSize, deps.cacheObserver?.('payloads'));
    this.taken = new LruCache(options.payloadCacheSize);
    this.systemConfigs = new LruCache(
      options.payloadCacheSize,
      deps.cacheObserver?.('systemconfigs'),
    );
  }

  async l2BlockRefByLabel(label: BlockLabel, signal: AbortSignal): Promise<L2BlockRef | null> {
    return this.fetchRef({ kind: 'label', label }, signal);
  }

  async l2BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L2BlockRef | null> {
    return this.fetchRef({ kind: 'number', number }, signal);
  }

  /**
   * The blocks at the heights of these ids, in one request. One that is the block which its id names, and was read
   * before, is not read in full again. Heights that nothing usable was said of are left out: asked alone, they show why.
   * @throws NodeError where the execution client cannot be reached.
   */
  async l2BlockRefsAt(ids: readonly BlockId[], signal: AbortSignal): Promise<BlocksByNumber> {
    const blocks = new Map<bigint, L2BlockRef | null>();
    if (ids.length === 0) return blocks;
    const known = ids.map(({ hash }) => this.refs.get(hash) ?? null);
    const calls = ids.map(({ number }, i) =>
      blockCall({ kind: 'number', number }, known[i] === null),
    );
    const outcomes = await this.servedBatch(calls, signal);
    for (const [i, { number }] of ids.entries()) {
      const outcome = outcomes[i];
      if (outcome === undefined) continue;
      const block = this.blockOf(outcome, number, known[i] ?? null);
      if (block !== undefined) blocks.set(number, block);
    }
    return blocks;
  }

  /** The block may be off the canonical chain. */
  async l2BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L2BlockRef | null> {
    return this.refs.get(hash) ?? this.fetchRef({ kind: 'hash', hash }, signal);
  }

  async payloadByNumber(number: bigint, signal: AbortSignal): Promise<ExecutionPayload | null> {
    const envelope = await this.fetchPayload({ kind: 'number', number }, signal);
    return envelope?.executionPayload ?? null;
  }

  async payloadByHash(hash: Hash, signal: AbortSignal): Promise<ExecutionPayload | null> {
    return (await this.envelopeByHash(hash, signal))?.executionPayload ?? null;
  }

  /** As `payloadByNumber`, with the parent beacon block root. */
  async envelopeByNumber(
    number: bigint,
    signal: AbortSignal,
  ): Promise<ExecutionPayloadEnvelope | null> {
    return this.fetchPayload({ kind: 'number', number }, signal);
  }

  async envelopeByHash(hash: Hash, signal: AbortSignal): Promise<ExecutionPayloadEnvelope | null> {
    return (
      this.taken.get(hash) ??
      this.payloads.get(hash) ??
      this.fetchPayload({ kind: 'hash', hash }, signal)
    );
  }

  /** Keeps a block that the execution client has just taken: it need not be asked for it, and may lose it. */
  remember(envelope: ExecutionPayloadEnvelope): void {
    this.taken.set(envelope.executionPayload.blockHash, envelope);
  }

  /** The system config that the block was built with, kept by hash; see `payloadToSystemConfig`. */
  async systemConfigByL2Hash(hash: Hash, signal: AbortSignal): Promise<SystemConfig | null> {
    const known = this.systemConfigs.get(hash);
    if (known !== undefined) return known;
    const payload = await this.payloadByHash(hash, signal);
    if (payload === null) return null;
    const systemConfig = payloadToSystemConfig(this.options.config, payload);
    this.systemConfigs.set(hash, systemConfig);
    return systemConfig;
  }

  /** Hash of the canonical block at that height, of whatever chain the endpoint serves: no origin is decoded. */
  async blockHashByNumber(number: bigint, signal: AbortSignal): Promise<Hash | null> {
    return (await this.fetchHeader({ kind: 'number', number }, signal))?.hash ?? null;
  }

  /**
   * State root and message passer storage root of a block: since Isthmus the header says both, before it (or by
   * option) the latter is proven with `eth_getProof`, which needs that block's state.
   */
  async outputFactsAt(hash: Hash, signal: AbortSignal): Promise<OutputFacts | null> {
    const header = await this.fetchHeader({ kind: 'hash', hash }, signal);
    if (header === null) return null;
    const { stateRoot, withdrawalsRoot } = header;
    if (this.isWithdrawalsRootInHeader(header.timestamp)) {
      if (withdrawalsRoot === undefined) throw mismatch('block has no withdrawals root', { hash });
      return { stateRoot, messagePasserStorageRoot: withdrawalsRoot };
    }
    const params = [MESSAGE_PASSER_ADDRESS, [], hash];
    const proof = await this.deps.rpc.request('eth_getProof', params, { signal });
    if (proof === null) return null;
    const request = { stateRoot, address: MESSAGE_PASSER_ADDRESS, slots: [] };
    const { storageHash } = verifyAccountProof(proof, request);
    return { stateRoot, messagePasserStorageRoot: storageHash };
  }

  /** Peers of the execution client; null where it does not say. */
  async peerCount(signal: AbortSignal): Promise<number | null> {
    try {
      const count = await this.deps.rpc.request('net_peerCount', [], { signal });
      return Number(new RpcFields({ count }, 'net_peerCount').uint64('count'));
    } catch (error) {
      if (error instanceof RpcError) return null;
      throw error;
    }
  }

  async chainId(signal: AbortSignal): Promise<bigint> {
    const id = await this.deps.rpc.request('eth_chainId', [], { signal });
    return new RpcFields({ id }, 'eth_chainId').quantity('id');
  }

  private isWithdrawalsRootInHeader(timestamp: bigint): boolean {
    if (this.options.fetchWithdrawalRootFromState) return false;
    return isActive(this.options.config, 'isthmus', timestamp);
  }

  /** None where the client takes no batches. */
  private async servedBatch(
    calls: readonly RpcCall[],
    signal: AbortSignal,
  ): Promise<readonly RpcOutcome[]> {
    try {
      return await this.deps.rpc.batch(calls, { signal });
    } catch (thrown) {
      if (hasCode(thrown, ...NO_BATCHES)) return [];
      throw thrown;
    }
  }

  /** @param known the block that is expected there; then only a header was asked for. */
  private blockOf(
    outcome: RpcOutcome,
    number: bigint,
    known: L2BlockRef | null,
  ): L2BlockRef | null | undefined {
    const query: BlockQuery = { kind: 'number', number };
    try {
      const json = resultOrNull(outcome);
      if (json === null) return null;
      if (known === null) return this.acceptRef(query, json);
      return this.acceptHeader(query, json).hash === known.hash ? known : undefined;
    } catch {
      return undefined;
    }
  }

  private async fetchRef(query: BlockQuery, signal: AbortSignal): Promise<L2BlockRef | null> {
    const json = await this.fetchBlock(query, true, signal);
    return json === null ? null : this.acceptRef(query, json);
  }

  private acceptRef(query: BlockQuery, json: unknown): L2BlockRef {
    const header = this.options.isTrusted ? parseRpcHeader(json) : verifyRpcBlock(json);
    checkPostMerge(header);
    checkAnswer(query, header);
    const ref = l2BlockRefFrom(this.options.config, headerRef(header), firstOf(json));
    this.refs.set(ref.hash, ref);
    return ref;
  }

  private async fetchPayload(
    query: BlockQuery,
    signal: AbortSignal,
  ): Promise<ExecutionPayloadEnvelope | null> {
    const json = await this.fetchBlock(query, true, signal);
    if (json === null) return null;
    const header = parseRpcHeader(json);
    checkPostMerge(header);
    checkAnswer(query, header);
    const envelope = this.options.isTrusted ? rpcBlockToPayload(json) : verifyRpcPayload(json);
    this.payloads.set(header.hash, envelope);
    return envelope;
  }

  private async fetchHeader(query: BlockQuery, signal: AbortSignal): Promise<HashedHeader | null> {
    const json = await this.fetchBlock(query, false, signal);
    return json === null ? null : this.acceptHeader(query, json);
  }

  private acceptHeader(query: BlockQuery, json: unknown): HashedHeader {
    const header = this.options.isTrusted ? parseRpcHeader(json) : verifyRpcHeader(json);
    checkAnswer(query, header);
    return header;
  }

  private fetchBlock(query: BlockQuery, isFull: boolean, signal: AbortSignal): Promise<unknown> {
    const { method, params } = blockCall(query, isFull);
    return requestOrNull(this.deps.rpc, method, params, { signal });
  }
}

function blockCall(query: BlockQuery, isFull: boolean): RpcCall {
  if (query.kind === 'hash') return { method: 'eth_getBlockByHash', params: [query.hash, isFull] };
  const tag = query.kind === 'label' ? query.label : `0x${query.number.toString(16)}`;
  return { method: 'eth_getBlockByNumber', params: [tag, isFull] };
}

/** The answer must be about the block that was asked for. */
function checkAnswer(query: BlockQuery, header: HashedHeader): void {
  const isOther =
    (query.kind === 'hash' && header.hash !== query.hash) ||
    (query.kind === 'number' && header.number !== query.number);
  if (!isOther) return;
  const { hash, number } = header;
  throw mismatch('fetched block does not match requested ID', { ...query, got: hash, at: number });
}

function firstOf(json: unknown): FirstTransaction | null {
  const first = new RpcFields(json, 'block').array('transactions')[0];
  if (first === undefined) return null;
  const tx = new RpcFields(first, 'transaction');
  return { type: tx.has('type') ? Number(tx.quantity('type')) : 0, data: tx.hex('input') };
}

function mismatch(message: string, fields: Readonly<Record<string, unknown>>): NodeError {
  return new NodeError('ENGINE_L2_BLOCK_MISMATCH', message, { severity: 'temporary', fields });
}
