import { NodeError } from '../../errors/nodeError.js';
import { isActive } from '../../rollup/forks.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Sliced, Turn } from '../../rollup/slices.js';
import { inTurns } from '../../rollup/slices.js';
import type { Address, Hash, L1BlockRef } from '../../types/block.js';
import type { L1Transaction } from '../../types/l1Block.js';
import type { BatcherTx } from '../codec/batcherTx.js';
import { isSentBy, parseBatcherTx } from '../codec/batcherTx.js';
import { decodeBlob } from '../codec/blob.js';
import type { DeriveBlobSource, DeriveL1Source, DeriveObserver } from '../ports.js';
import type { L1Traversal } from './l1Traversal.js';
import type { Pull } from './pull.js';

const BLOB_TX_TYPE = 3;

/** Batcher data of one L1 block, in order: calldata, or a blob that is not decoded yet. */
type Piece =
  | { readonly kind: 'calldata'; readonly data: Uint8Array }
  | { readonly kind: 'blob'; readonly blob: Uint8Array };

/** Where the batcher's data stands: calldata is here, blobs are named. */
export type BatcherData =
  | { readonly kind: 'calldata'; readonly data: Uint8Array }
  | { readonly kind: 'blobHash'; readonly hash: Hash };

export interface DataSourceDeps {
  readonly previous: Pick<L1Traversal, 'origin' | 'take' | 'systemConfig'>;
  readonly l1: Pick<DeriveL1Source, 'l1TransactionsByHash'>;
  /** Null where no beacon endpoint is configured: calldata is enough as long as the batcher sends no blobs. */
  readonly blobs: DeriveBlobSource | null;
  readonly observer: DeriveObserver;
  readonly turn: Turn;
}

/**
 * Reads the batcher's data of each L1 block: calldata, and blobs from Ecotone on. What cannot be had is a temporary
 * failure, for whatever reason; the pipeline asks whether its block is still on the chain.
 * op-node `rollup/derive/l1_retrieval.go`, `calldata_source.go`, `blob_data_source.go`.
 */
export class DataSource {
  /** Taken from the stage before; kept while its data cannot be fetched. */
  private opening: L1BlockRef | null = null;
  private pieces: Piece[] | null = null;
  private readonly config: RollupConfig;
  private readonly deps: DataSourceDeps;

  constructor(config: RollupConfig, deps: DataSourceDeps) {
    this.config = config;
    this.deps = deps;
  }

  get origin(): L1BlockRef {
    return this.deps.previous.origin;
  }

  async nextData(signal: AbortSignal): Promise<Pull<Uint8Array>> {
    if (this.pieces === null) {
      const block = this.opening ?? this.deps.previous.take();
      if (block === 'outOfData') return 'outOfData';
      this.opening = block;
      this.pieces = (await this.open(block, signal)).reverse();
      this.opening = null;
    }
    for (let piece = this.pieces.pop(); piece !== undefined; piece = this.pieces.pop()) {
      const data = piece.kind === 'calldata' ? piece.data : decodeBlob(piece.blob);
      if (data !== null) return data;
      this.deps.observer.dropped('ignoring blob due to parse failure', {
        origin: this.origin,
      });
    }
    this.pieces = null;
    return 'outOfData';
  }

  reset(): void {
    this.opening = null;
    this.pieces = null;
  }

  private async open(block: L1BlockRef, signal: AbortSignal): Promise<Piece[]> {
    const isEcotone = isActive(this.config, 'ecotone', block.timestamp);
    const transactions = await this.deps.l1.l1TransactionsByHash(block.hash, signal);
    if (transactions === null) throw missing('L1 block', block);
    const batcher = this.deps.previous.systemConfig.batcherAddr;
    const reading = batcherData(transactions, batcher, this.config, isEcotone);
    const found = await inTurns(reading, this.deps.turn, signal);
    const hashes = found.flatMap((entry) => (entry.kind === 'blobHash' ? entry.hash : []));
    if (hashes.length === 0) {
      return found.flatMap((entry) => (entry.kind === 'calldata' ? entry : []));
    }
    const { blobs } = this.deps;
    if (blobs === null) throw noBlobSource(block);
    const bodies = await blobs.blobsByHash(block, hashes, signal);
    if (bodies === null) throw missing('blobs', block);
    if (bodies.length !== hashes.length) throw mismatch(bodies.length, hashes.length);
    return fillBlobs(found, bodies);
  }
}

/**
 * The batcher's data in an L1 block: that of transactions to the batch inbox which the batcher has signed. Others, other
 * types and other chains are ignored. Blob transactions count by their blobs alone. Anybody may fill a block with
 * transactions to the inbox, and to find out who signed one takes most of a millisecond: each is a slice of its own.
 * @param isEcotone false reads calldata only.
 */
export function* batcherData(
  transactions: readonly L1Transaction[],
  batcher: Address,
  config: Pick<RollupConfig, 'batchInboxAddress' | 'l1ChainId'>,
  isEcotone: boolean,
): Sliced<readonly BatcherData[]> {
  const found: BatcherData[] = [];
  let isFirst = true;
  for (const { to, encoded } of transactions) {
    if (to !== config.batchInboxAddress) continue;
    if (!isFirst) yield;
    isFirst = false;
    const tx = parseBatcherTx(encoded, config.l1ChainId);
    if (tx === null || !isSentBy(tx.signer, batcher)) continue;
    found.push(...dataOf(tx, isEcotone));
  }
  return found;
}

function dataOf(tx: BatcherTx, isEcotone: boolean): readonly BatcherData[] {
  if (!isEcotone || tx.type !== BLOB_TX_TYPE) return [{ kind: 'calldata', data: tx.data }];
  return tx.blobHashes.map((hash) => ({ kind: 'blobHash', hash }));
}

function fillBlobs(found: readonly BatcherData[], bodies: readonly Uint8Array[]): Piece[] {
  let next = 0;
  return found.flatMap((entry): Piece | [] => {
    if (entry.kind === 'calldata') return entry;
    const blob = bodies[next++];
    return blob === undefined ? [] : { kind: 'blob', blob };
  });
}

function missing(what: string, block: L1BlockRef): NodeError {
  return new NodeError('DERIVE_L1_DATA_MISSING', `failed to open data source: ${what} not found`, {
    severity: 'temporary',
    fields: { hash: block.hash, number: block.number },
  });
}

function noBlobSource(block: L1BlockRef): NodeError {
  return new NodeError(
    'DERIVE_NO_BLOB_SOURCE',
    'batcher data is in blobs and no beacon endpoint is configured',
    { severity: 'temporary', fields: { hash: block.hash, number: block.number } },
  );
}

function mismatch(got: number, wanted: number): NodeError {
  return new NodeError('DERIVE_BLOBS_MISMATCH', 'the blob source answered with other blobs', {
    severity: 'temporary',
    fields: { got, wanted },
  });
}
