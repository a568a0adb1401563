import { NodeError } from '../errors/nodeError.js';
import type { HashedHeader } from '../rollup/blockHeader.js';
import type { Sliced } from '../rollup/slices.js';
import { forEachIndex, inTurnsOfItsOwn } from '../rollup/slices.js';
import { EMPTY_TRIE_ROOT, slicedTrieRoot } from '../rollup/trieRoot.js';
import type { Clock } from '../runtime/clock.js';
import { LruCache } from '../runtime/lruCache.js';
import { nextTurn } from '../runtime/turns.js';
import type { Logger } from '../telemetry/logger.js';
import type { RpcClient } from '../transport/ports.js';
import type { Hash } from '../types/block.js';
import type { L1Receipt } from '../types/l1Block.js';
import type { RpcKind } from '../types/rpcKind.js';
import type { DecodedReceipt, ReceiptContext } from './receiptCodec.js';
import { decodeRawReceipts, decodeRpcReceipts } from './receiptCodec.js';
import type { ReceiptMethod } from './receiptMethods.js';
import { isMethodUnusable, methodsOfKind, pickReceiptMethod } from './receiptMethods.js';

export interface ReceiptsFetcherOptions {
  readonly rpcKind: RpcKind;
}

export interface ReceiptsFetcherDeps {
  readonly rpc: RpcClient;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A provider may have been upgraded: after this time the preferred methods are tried again. op-node: one minute. */
const METHODS_RESET_MS = 60_000;
/**
 * Largest answer: 64 MiB, more where the block burnt so much gas that its receipts may be larger. The most JSON for the
 * least gas is an empty log, about a byte a unit of gas.
 */
const MAX_BYTES = 64n * 1024n * 1024n;
const MAX_BYTES_PER_GAS = 2n;
/** Blocks whose per-transaction receipts are kept while some of them are missing. Derivation works on one at a time. */
const MAX_PARTIAL_BLOCKS = 4;

/** Encoded in about a millisecond. */
const RECEIPTS_PER_SLICE = 32;

interface Wanted extends ReceiptContext {
  readonly maxBytes: number;
}

/**
 * Gets all receipts of a block in the way that suits the provider, and proves them against the header's receipts root.
 * A method that the endpoint does not offer is left aside for a minute and the next one is tried at once
 * (Differs: op-node fails the call and takes the next method when asked again; the test of fallbacks pins it).
 */
export class ReceiptsFetcher {
  private available: ReadonlySet<ReceiptMethod>;
  private lastResetMs: number;
  private readonly partial = new LruCache<Hash, Map<Hash, unknown>>(MAX_PARTIAL_BLOCKS);

  constructor(
    private readonly options: ReceiptsFetcherOptions,
    private readonly deps: ReceiptsFetcherDeps,
  ) {
    this.available = methodsOfKind(options.rpcKind);
    this.lastResetMs = deps.clock.monotonicMs();
  }

  /**
   * @param header a verified header; `txHashes` those of its transactions, in order.
   * @throws NodeError L1_RECEIPTS_INVALID, ROLLUP_JSON_INVALID, RPC_ERROR, TRANSPORT_*; all temporary.
   */
  async fetch(
    header: HashedHeader,
    txHashes: readonly Hash[],
    signal: AbortSignal,
  ): Promise<readonly L1Receipt[]> {
    const context = {
      block: { hash: header.hash, number: header.number },
      txHashes,
      maxBytes: maxAnswerBytes(header),
    };
    if (txHashes.length === 0) {
      if (header.receiptsRoot !== EMPTY_TRIE_ROOT) {
        throw wrongRoot('no transactions, but got non-empty receipt trie root', header);
      }
      return [];
    }
    const decoded = await this.fetchDecoded(context, signal);
    const root = await inTurnsOfItsOwn(receiptsRoot(decoded), nextTurn, signal);
    if (root !== header.receiptsRoot) throw wrongRoot('receipts do not match their root', header);
    return decoded.map(({ receipt }) => receipt);
  }

  private async fetchDecoded(
    context: Wanted,
    signal: AbortSignal,
  ): Promise<readonly DecodedReceipt[]> {
    this.resetMethods();
    for (;;) {
      const method = pickReceiptMethod(
        this.options.rpcKind,
        this.available,
        context.txHashes.length,
      );
      if (method === 'basic') return this.fetchEach(context, signal);
      try {
        const result = await this.request(method, context, signal);
        return await inTurnsOfItsOwn(decodeResult(method, result, context), nextTurn, signal);
      } catch (error) {
        if (!isMethodUnusable(error)) throw error;
        this.leaveAside(method, error);
      }
    }
  }

  private request(
    method: ReceiptMethod,
    { block: { hash }, maxBytes }: Wanted,
    signal: AbortSignal,
  ): Promise<unknown> {
    const isAlchemy = method === 'alchemy_getTransactionReceipts';
    const params = isAlchemy ? [{ blockHash: hash }] : [hash];
    return this.deps.rpc.request(method, params, { signal, maxBytes });
  }

  /** Receipts that came beside a failure, or beside one that is missing, are kept: a limited provider gets on with each try. */
  private async fetchEach(
    context: Wanted,
    signal: AbortSignal,
  ): Promise<readonly DecodedReceipt[]> {
    const { block, txHashes, maxBytes } = context;
    const known = this.partial.get(block.hash) ?? new Map<Hash, unknown>();
    const missing = txHashes.filter((hash) => !known.has(hash));
    const calls = missing.map((hash) => ({ method: 'eth_getTransactionReceipt', params: [hash] }));
    const outcomes = await this.deps.rpc.batch(calls, { signal, maxBytes });
    const failures: NodeError[] = [];
    for (const [i, outcome] of outcomes.entries()) {
      const hash = missing[i];
      if (outcome.kind === 'error') failures.push(outcome.error);
      else if (hash !== undefined && outcome.result !== null) known.set(hash, outcome.result);
    }
    // Once complete it is not used twice, whatever comes of it: what does not match must be asked for again.
    if (known.size < new Set(txHashes).size) this.partial.set(block.hash, known);
    else this.partial.delete(block.hash);
    if (failures[0] !== undefined) throw failures[0];
    const receipts = txHashes.map((hash) => known.get(hash) ?? null);
    return inTurnsOfItsOwn(decodeRpcReceipts(receipts, context), nextTurn, signal);
  }

  private resetMethods(): void {
    const now = this.deps.clock.monotonicMs();
    if (now - this.lastResetMs <= METHODS_RESET_MS) return;
    const preferred = methodsOfKind(this.options.rpcKind);
    if (preferred.size !== this.available.size) {
      this.deps.log.warn(
        'resetting back RPC preferences, please review RPC provider kind setting',
        { kind: this.options.rpcKind },
      );
    }
    this.available = preferred;
    this.lastResetMs = now;
  }

  private leaveAside(method: ReceiptMethod, error: unknown): void {
    this.available = new Set([...this.available].filter((other) => other !== method));
    this.deps.log.warn(
      'failed to use selected RPC method for receipt fetching, temporarily falling back to alternatives',
      { kind: this.options.rpcKind, method, fallback: [...this.available, 'basic'], error },
    );
  }
}

function maxAnswerBytes({ gasUsed }: HashedHeader): number {
  const byGas = gasUsed * MAX_BYTES_PER_GAS;
  return Number(byGas > MAX_BYTES ? byGas : MAX_BYTES);
}

function decodeResult(
  method: ReceiptMethod,
  result: unknown,
  context: ReceiptContext,
): Sliced<readonly DecodedReceipt[]> {
  const list =
    method === 'alchemy_getTransactionReceipts'
      ? (result as { receipts?: unknown } | null)?.receipts
      : result;
  // An endpoint that lost the block answers null.
  const receipts: readonly unknown[] = Array.isArray(list) ? list : [];
  return method === 'debug_getRawReceipts'
    ? decodeRawReceipts(receipts, context)
    : decodeRpcReceipts(receipts, context);
}

function* receiptsRoot(decoded: readonly DecodedReceipt[]): Sliced<Hash> {
  const encoded: Uint8Array[] = [];
  yield* forEachIndex(decoded.length, RECEIPTS_PER_SLICE, (index) => {
    const bytes = decoded[index]?.encode();
    if (bytes !== undefined) encoded.push(bytes);
  });
  return yield* slicedTrieRoot(encoded);
}

function wrongRoot(message: string, header: HashedHeader): NodeError {
  return new NodeError('L1_RECEIPTS_INVALID', message, {
    severity: 'temporary',
    fields: { hash: header.hash, number: header.number, receiptsRoot: header.receiptsRoot },
  });
}
