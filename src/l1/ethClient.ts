import { NodeError } from '../errors/nodeError.js';
import { verifyAccountProof } from '../rollup/accountProof.js';
import type { HashedHeader } from '../rollup/blockHeader.js';
import { headerRef, parseRpcHeader } from '../rollup/blockHeader.js';
import { RpcFields } from '../rollup/rpcFields.js';
import { verifyRpcHeader } from '../rollup/rpcPayload.js';
import { inTurnsOfItsOwn } from '../rollup/slices.js';
import type { Clock } from '../runtime/clock.js';
import type { CacheObserver } from '../runtime/lruCache.js';
import { LruCache } from '../runtime/lruCache.js';
import { nextTurn } from '../runtime/turns.js';
import type { Logger } from '../telemetry/logger.js';
import type { RpcClient } from '../transport/ports.js';
import { requestOrNull } from '../transport/requestOrNull.js';
import type { Address, BlockLabel, Hash, L1BlockRef } from '../types/block.js';
import type { L1HeaderInfo, L1Receipt, L1Transaction } from '../types/l1Block.js';
import type { RpcKind } from '../types/rpcKind.js';
import type { BlockBody } from './blockBody.js';
import { decodeBlockBody, encodedTransactionsAt } from './blockBody.js';
import type { Fetching } from './fetchOnce.js';
import { fetchOnce } from './fetchOnce.js';
import { ReceiptsFetcher } from './receiptsFetcher.js';

export interface EthClientOptions {
  /** `--l1.trustrpc`: hashes, proofs and roots are not checked, but for the receipts root: op-node checks it, too. */
  readonly isTrusted: boolean;
  readonly rpcKind: RpcKind;
  /** `--l1.cache-size`: headers, bodies and receipts kept, each, in blocks. */
  readonly cacheSize: number;
  /**
   * What is kept of a block once it is verified: transactions to this address (the batch inbox), logs of these
   * contracts (deposits, system config). Null keeps all. A full L1 block holds a thousand times more than a node needs.
   */
  readonly keep: { readonly transactionsTo: Address; readonly logsOf: readonly Address[] } | null;
}

export interface EthClientDeps {
  readonly rpc: RpcClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Metrics of a cache by op-node's label: `headers`, `txs`, `receipts`. */
  readonly cacheObserver?: (label: string) => CacheObserver;
  /** Metrics: how long a request took, by op-node's name for it. */
  readonly recordRequest?: (request: string, seconds: number) => void;
}

interface Block {
  readonly header: HashedHeader;
  readonly body: BlockBody;
}

/** What the endpoint said of a label last, as it came and as it was read. */
interface Labelled {
  readonly json: unknown;
  readonly ref: L1BlockRef;
}

type BlockQuery = { readonly tag: BlockLabel | bigint } | { readonly hash: Hash };

/**
 * L1 by JSON-RPC. Unless trusted, nothing is believed: a header must hash to its hash, transactions and withdrawals
 * must have the header's roots, receipts theirs, storage values must be proven. Null means that the endpoint does not
 * have the block; each failure, lies included, is a temporary NodeError.
 * Caches are by hash only, so a reorg never makes them wrong; what is asked by number or label always goes to the
 * endpoint. Any number of callers at once. op-node `op-service/sources/eth_client.go`, `l1_client.go`.
 */
export class EthClient {
  private readonly headers: LruCache<Hash, HashedHeader>;
  private readonly bodies: LruCache<Hash, BlockBody>;
  private readonly receipts: LruCache<Hash, readonly L1Receipt[]>;
  private readonly receiptsFetcher: ReceiptsFetcher;
  /** What is being fetched, so that two callers do not ask for the same block twice. */
  private readonly fetchingReceipts: Fetching = new Map();
  private readonly fetchingBlocks: Fetching = new Map();
  private readonly labelled = new Map<BlockLabel, Labelled>();

  constructor(
    private readonly options: EthClientOptions,
    private readonly deps: EthClientDeps,
  ) {
    const { cacheSize } = options;
    const observer = deps.cacheObserver;
    this.headers = new LruCache(cacheSize, observer?.('headers'));
    this.bodies = new LruCache(cacheSize, observer?.('txs'));
    this.receipts = new LruCache(cacheSize, observer?.('receipts'));
    this.receiptsFetcher = new ReceiptsFetcher(options, deps);
  }

  /** Made to be polled: an answer that is the one before, the same object, is not checked again. */
  async l1BlockRefByLabel(label: BlockLabel, signal: AbortSignal): Promise<L1BlockRef | null> {
    return this.timed('L1BlockRefByLabel', async () => {
      const options = { signal, isPolled: true };
      const json = await requestOrNull(
        this.deps.rpc,
        'eth_getBlockByNumber',
        [label, false],
        options,
      );
      if (json === null) return null;
      const before = this.labelled.get(label);
      if (before !== undefined && before.json === json) return before.ref;
      const ref = headerRef(this.acceptHeader({ tag: label }, json));
      this.labelled.set(label, { json, ref });
      return ref;
    });
  }

  /** Never from a cache: a reorg may have changed the block at that height. */
  async l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null> {
    return this.timed('L1BlockRefByNumber', async () =>
      refOrNull(await this.fetchHeader({ tag: number }, signal)),
    );
  }

  /** The block may be off the canonical chain. */
  async l1BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L1BlockRef | null> {
    return this.timed('L1BlockRefByHash', async () =>
      refOrNull(await this.headerByHash(hash, signal)),
    );
  }

  async l1InfoByHash(hash: Hash, signal: AbortSignal): Promise<L1HeaderInfo | null> {
    return this.timed('InfoByHash', async () => {
      const header = await this.headerByHash(hash, signal);
      return header === null ? null : headerInfo(header);
    });
  }

  /** In order; only those to `keep.transactionsTo` where that is set. */
  async l1TransactionsByHash(
    hash: Hash,
    signal: AbortSignal,
  ): Promise<readonly L1Transaction[] | null> {
    return this.timed('InfoAndTxsByHash', async () => {
      const block = await this.blockByHash(hash, signal);
      return block === null ? null : block.body.transactions;
    });
  }

  /**
   * The encoded transactions at these places of a block, in this order, whomever they are to: read anew at each call.
   * Null where there is no such block, or it has no such transaction.
   */
  async l1TransactionsAt(
    hash: Hash,
    places: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[] | null> {
    return this.timed('InfoAndTxsByHash', async () => {
      const json = await this.fetchBlock({ hash }, true, signal);
      if (json === null) return null;
      const header = this.acceptHeader({ hash }, json);
      const { isTrusted } = this.options;
      const reading = encodedTransactionsAt(json, header, { isTrusted, places });
      return inTurnsOfItsOwn(reading, nextTurn, signal);
    });
  }

  /** One for each transaction of the block, in order; only with the logs of `keep.logsOf` where that is set. */
  async l1ReceiptsByHash(hash: Hash, signal: AbortSignal): Promise<readonly L1Receipt[] | null> {
    return this.timed('FetchReceipts', async () => {
      const known = (): readonly L1Receipt[] | undefined => this.receipts.get(hash);
      const fetch = () => this.fetchReceipts(hash, signal);
      return fetchOnce(this.fetchingReceipts, { key: hash, known, fetch }, signal);
    });
  }

  /**
   * Value of a storage slot at a block, proven unless the endpoint is trusted. Null: no such block.
   * @throws NodeError ROLLUP_PROOF_INVALID or ROLLUP_JSON_INVALID, temporary.
   */
  async storageAt(
    { address, slot }: { readonly address: Address; readonly slot: Hash },
    hash: Hash,
    signal: AbortSignal,
  ): Promise<bigint | null> {
    const header = await this.headerByHash(hash, signal);
    if (header === null) return null;
    const { rpc } = this.deps;
    if (this.options.isTrusted) {
      const value = await requestOrNull(rpc, 'eth_getStorageAt', [address, slot, hash], { signal });
      return value === null ? null : BigInt(new RpcFields({ value }, 'storage').hash('value'));
    }
    const proof = await requestOrNull(rpc, 'eth_getProof', [address, [slot], hash], { signal });
    if (proof === null) return null;
    const request = { stateRoot: header.stateRoot, address, slots: [slot] };
    const { values } = verifyAccountProof(proof, request);
    return values[0] ?? 0n;
  }

  async chainId(signal: AbortSignal): Promise<bigint> {
    const id = await this.deps.rpc.request('eth_chainId', [], { signal });
    return new RpcFields({ id }, 'eth_chainId').quantity('id');
  }

  private async fetchReceipts(
    hash: Hash,
    signal: AbortSignal,
  ): Promise<readonly L1Receipt[] | null> {
    const block = await this.blockByHash(hash, signal);
    if (block === null) return null;
    const { txHashes } = block.body;
    const all = await this.receiptsFetcher.fetch(block.header, txHashes, signal);
    const logsOf = this.options.keep?.logsOf;
    const receipts = logsOf === undefined ? all : all.map((receipt) => withLogsOf(receipt, logsOf));
    this.receipts.set(hash, receipts);
    return receipts;
  }

  private async headerByHash(hash: Hash, signal: AbortSignal): Promise<HashedHeader | null> {
    return this.headers.get(hash) ?? this.fetchHeader({ hash }, signal);
  }

  private async fetchHeader(query: BlockQuery, signal: AbortSignal): Promise<HashedHeader | null> {
    const json = await this.fetchBlock(query, false, signal);
    return json === null ? null : this.acceptHeader(query, json);
  }

  private blockByHash(hash: Hash, signal: AbortSignal): Promise<Block | null> {
    const known = (): Block | undefined => {
      const body = this.bodies.get(hash);
      const header = body === undefined ? undefined : this.headers.get(hash);
      return body === undefined || header === undefined ? undefined : { header, body };
    };
    const fetch = () => this.fetchBlockByHash(hash, signal);
    return fetchOnce(this.fetchingBlocks, { key: hash, known, fetch }, signal);
  }

  private async fetchBlockByHash(hash: Hash, signal: AbortSignal): Promise<Block | null> {
    const json = await this.fetchBlock({ hash }, true, signal);
    if (json === null) return null;
    const header = this.acceptHeader({ hash }, json);
    const keepTo = this.options.keep?.transactionsTo ?? null;
    const options = { isTrusted: this.options.isTrusted, keepTo };
    const body = await inTurnsOfItsOwn(decodeBlockBody(json, header, options), nextTurn, signal);
    this.bodies.set(hash, body);
    return { header, body };
  }

  /** Checks the header and that it is the one asked for, and keeps it. */
  private acceptHeader(query: BlockQuery, json: unknown): HashedHeader {
    const header = this.options.isTrusted ? parseRpcHeader(json) : verifyRpcHeader(json);
    const isOther =
      'hash' in query
        ? header.hash !== query.hash
        : typeof query.tag === 'bigint' && header.number !== query.tag;
    if (isOther) {
      const { hash, number } = header;
      const fields = { ...query, got: hash, at: number };
      throw mismatch('fetched block header does not match requested ID', fields);
    }
    this.headers.set(header.hash, header);
    return header;
  }

  private fetchBlock(query: BlockQuery, isFull: boolean, signal: AbortSignal): Promise<unknown> {
    const { rpc } = this.deps;
    if ('hash' in query) {
      return requestOrNull(rpc, 'eth_getBlockByHash', [query.hash, isFull], { signal });
    }
    const tag = typeof query.tag === 'bigint' ? `0x${query.tag.toString(16)}` : query.tag;
    return requestOrNull(rpc, 'eth_getBlockByNumber', [tag, isFull], { signal });
  }

  private async timed<T>(request: string, run: () => Promise<T>): Promise<T> {
    const { clock, recordRequest } = this.deps;
    const startMs = clock.monotonicMs();
    try {
      return await run();
    } finally {
      recordRequest?.(request, (clock.monotonicMs() - startMs) / 1000);
    }
  }
}

function refOrNull(header: HashedHeader | null): L1BlockRef | null {
  return header === null ? null : headerRef(header);
}

function headerInfo(header: HashedHeader): L1HeaderInfo {
  return {
    ...headerRef(header),
    prevRandao: header.mixHash,
    baseFee: header.baseFeePerGas ?? 0n,
    excessBlobGas: header.excessBlobGas ?? null,
    parentBeaconBlockRoot: header.parentBeaconBlockRoot ?? null,
  };
}

function withLogsOf(receipt: L1Receipt, addresses: readonly Address[]): L1Receipt {
  return {
    isSuccess: receipt.isSuccess,
    logs: receipt.logs.filter((log) => addresses.includes(log.address)),
  };
}

function mismatch(message: string, fields: Readonly<Record<string, unknown>>): NodeError {
  return new NodeError('L1_BLOCK_INVALID', message, { severity: 'temporary', fields });
}
