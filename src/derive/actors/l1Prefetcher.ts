import { hasCode, NodeError } from '../../errors/nodeError.js';
import type { RollupConfig } from '../../rollup/rollupConfig.js';
import type { Sliced } from '../../rollup/slices.js';
import { inTurnsOfItsOwn } from '../../rollup/slices.js';
import { outcomeOfShared } from '../../runtime/abort.js';
import type { Actor } from '../../runtime/actor.js';
import { anyOf } from '../../runtime/anyOf.js';
import { nextTurn } from '../../runtime/turns.js';
import type { WatchReader } from '../../runtime/watch.js';
import { WatchCell } from '../../runtime/watch.js';
import type { Hash, L1BlockRef } from '../../types/block.js';
import { continues, isZeroRef } from '../../types/block.js';
import type { L1HeaderInfo, L1Receipt, L1Transaction } from '../../types/l1Block.js';
import type { L1Labels } from '../../types/l1Heads.js';
import type { Commitment } from '../altda/commitment.js';
import { commitmentIn } from '../altda/commitment.js';
import { parseBatcherTx } from '../codec/batcherTx.js';
import type { DeriveBlobSource, DeriveL1Source } from '../ports.js';
import type { InputsAhead } from './inputsAhead.js';

export interface L1PrefetcherOptions {
  readonly config: Pick<RollupConfig, 'batchInboxAddress' | 'l1ChainId'>;
  /** L1 blocks held ahead of derivation, at least 1. */
  readonly maxBlocks: number;
  /** Bytes of batcher data and blobs held; the block that reaches it is the last. */
  readonly maxBytes: number;
  /** L1 blocks asked for at once, at least 1. */
  readonly concurrency: number;
}

export interface L1PrefetcherDeps {
  readonly l1: DeriveL1Source;
  /** Null where no beacon endpoint is configured. */
  readonly blobs: DeriveBlobSource | null;
  /** Null unless the chain has alternative data availability. */
  readonly inputs: Pick<InputsAhead, 'expect' | 'forgetBefore'> | null;
  readonly labels: WatchReader<L1Labels>;
  /** Metrics: what is held. */
  readonly recordHeld: (blocks: number, bytes: number) => void;
}

type Blobs = ReadonlyMap<Hash, Uint8Array>;

interface HeldBlock {
  readonly ref: L1BlockRef;
  readonly blobs: Blobs;
  readonly bytes: number;
}

/** A block that is being fetched; null where L1 does not have it. */
interface Loading {
  readonly ref: Promise<L1BlockRef | null>;
  readonly block: Promise<HeldBlock | null>;
}

/** What is fetched ahead for the batcher data of an L1 block. */
interface BatcherData {
  readonly hashes: readonly Hash[];
  readonly commitments: readonly Commitment[];
  readonly bytes: number;
}

const NO_BLOBS: Blobs = new Map();

/**
 * L1 read ahead of derivation. Role: while the pipeline works on an L1 block, the next ones are fetched and checked:
 * header, transactions and receipts (which the L1 client keeps by hash) and the blobs of the batch inbox (kept here).
 * Stands between the pipeline and L1; run by the supervisor beside derivation. By number it only answers what links to
 * the block asked for before, and forgets what L1 may have reorged: a head that does not build on the last one drops
 * everything that is not final. Failure: temporary, tried again with back-off; the pipeline then asks L1 itself.
 */
export class L1Prefetcher implements Actor, DeriveL1Source, DeriveBlobSource {
  readonly name = 'l1-prefetch';
  /** Linked blocks above the cursor, and the cursor's own, by number, in ascending order. */
  private readonly held = new Map<bigint, HeldBlock>();
  /**
   * What is being fetched, by number: each block begins when there is room for it, whatever those before it wait for. The
   * pipeline shares it, so that nothing is asked for again.
   */
  private readonly loading = new Map<bigint, Loading>();
  /** The block that derivation asked for last by number. */
  private cursor: L1BlockRef | null = null;
  private seen: L1Labels;
  /** How often the L1 head has left its branch: what was asked for before may be of the old one. */
  private branch = 0;
  private readonly asked = new WatchCell(0);

  constructor(
    private readonly options: L1PrefetcherOptions,
    private readonly deps: L1PrefetcherDeps,
  ) {
    this.seen = deps.labels.get();
  }

  async l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null> {
    const ahead = await this.refAhead(number, signal);
    if (ahead === null) {
      this.held.clear();
      this.loading.clear();
    }
    const ref = ahead ?? (await this.deps.l1.l1BlockRefByNumber(number, signal));
    if (ref !== null) this.moveCursor(ref);
    return ref;
  }

  l1BlockRefByHash(hash: Hash, signal: AbortSignal): Promise<L1BlockRef | null> {
    return this.deps.l1.l1BlockRefByHash(hash, signal);
  }

  l1InfoByHash(hash: Hash, signal: AbortSignal): Promise<L1HeaderInfo | null> {
    return this.deps.l1.l1InfoByHash(hash, signal);
  }

  l1ReceiptsByHash(hash: Hash, signal: AbortSignal): Promise<readonly L1Receipt[] | null> {
    return this.deps.l1.l1ReceiptsByHash(hash, signal);
  }

  l1TransactionsByHash(hash: Hash, signal: AbortSignal): Promise<readonly L1Transaction[] | null> {
    return this.deps.l1.l1TransactionsByHash(hash, signal);
  }

  async blobsByHash(
    block: L1BlockRef,
    versionedHashes: readonly Hash[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[] | null> {
    const loading = this.loading.get(block.number)?.block;
    // Where it comes to nothing, the blobs are asked for here.
    const loaded = loading === undefined ? null : await outcomeOfShared(loading, signal);
    const held = loaded ?? this.held.get(block.number);
    const blobs = held?.ref.hash === block.hash ? held.blobs : NO_BLOBS;
    const found = versionedHashes.flatMap((hash) => blobs.get(hash) ?? []);
    if (found.length === versionedHashes.length) return found;
    return (await this.deps.blobs?.blobsByHash(block, versionedHashes, signal)) ?? null;
  }

  async step(signal: AbortSignal): Promise<void> {
    this.dropStale();
    const last = this.lastLinked();
    const numbers = last === null ? [] : this.numbersAfter(last);
    for (const number of numbers) {
      if (!this.loading.has(number)) this.loading.set(number, this.load(number, signal));
    }
    const [next] = numbers;
    if (next === undefined) return this.wait(signal);
    await this.take(next, signal);
  }

  /** Heights to be fetched: within the bounds, and not above the L1 head. */
  private numbersAfter(last: L1BlockRef): readonly bigint[] {
    const { maxBlocks, maxBytes, concurrency } = this.options;
    const { head } = this.seen;
    if (this.cursor === null || this.bytes() >= maxBytes) return [];
    const limit = this.cursor.number + BigInt(maxBlocks);
    const end = head.number < limit ? head.number : limit;
    const count = Number(end - last.number);
    return Array.from(
      { length: Math.max(0, Math.min(count, concurrency)) },
      (_, index) => last.number + 1n + BigInt(index),
    );
  }

  /** The block as it was read ahead; null where it was not, or does not build on the one asked for before. */
  private async refAhead(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null> {
    this.dropStale();
    const { branch } = this;
    const loading = this.loading.get(number)?.ref;
    const shared = loading === undefined ? null : await outcomeOfShared(loading, signal);
    this.dropStale();
    const ref = shared ?? this.held.get(number)?.ref;
    const isNext = ref?.parentHash === this.cursor?.hash && branch === this.branch;
    return isNext ? (ref ?? null) : null;
  }

  /** Waits for the block that comes next, and holds it, unless derivation or L1 have gone another way meanwhile. */
  private async take(number: bigint, signal: AbortSignal): Promise<void> {
    const loading = this.loading.get(number);
    const block = await loading?.block.catch((thrown: unknown) => {
      // It is begun again, and so are those after it: what made it fail may be what they wait for.
      if (this.loading.get(number) === loading) this.loading.clear();
      throw thrown;
    });
    if (this.loading.get(number) !== loading) return;
    this.loading.delete(number);
    const ref = block?.ref;
    const isNext = ref?.parentHash === this.lastLinked()?.hash || ref?.hash === this.cursor?.hash;
    if (block == null || !isNext) {
      // A reorg that is not seen yet, or an endpoint behind its head: the next head tells.
      this.loading.clear();
      return this.wait(signal);
    }
    this.held.set(number, block);
    this.record();
  }

  private load(number: bigint, signal: AbortSignal): Loading {
    const ref = this.deps.l1.l1BlockRefByNumber(number, signal);
    const block = ref.then((known) => (known === null ? null : this.loadData(known, signal)));
    // Of interest to the one who comes to wait for it.
    block.catch(() => undefined);
    return { ref, block };
  }

  private async loadData(ref: L1BlockRef, signal: AbortSignal): Promise<HeldBlock> {
    const { l1 } = this.deps;
    const transactions = await l1.l1TransactionsByHash(ref.hash, signal);
    if (transactions === null) throw withoutBody(ref);
    const reading = this.batcherData(transactions);
    const { hashes, commitments, bytes } = await inTurnsOfItsOwn(reading, nextTurn, signal);
    this.deps.inputs?.expect(ref.number, commitments, signal);
    const [blobs] = await Promise.all([
      this.fetchBlobs(ref, hashes, signal),
      l1.l1ReceiptsByHash(ref.hash, signal),
    ]);
    let held = bytes;
    for (const blob of blobs.values()) held += blob.length;
    return { ref, blobs, bytes: held };
  }

  /** Blobs and commitments of the batch inbox, whoever sent them: the batcher may have changed in a block not derived yet. */
  private *batcherData(transactions: readonly L1Transaction[]): Sliced<BatcherData> {
    const { batchInboxAddress, l1ChainId } = this.options.config;
    const hashes: Hash[] = [];
    const commitments: Commitment[] = [];
    let bytes = 0;
    for (const { to, encoded } of transactions) {
      if (to !== batchInboxAddress) continue;
      if (bytes > 0) yield;
      bytes += encoded.length;
      const tx = parseBatcherTx(encoded, l1ChainId);
      if (tx === null) continue;
      hashes.push(...tx.blobHashes);
      const commitment = commitmentIn(tx.data);
      if (commitment !== null) commitments.push(commitment);
    }
    return { hashes, commitments, bytes };
  }

  private async fetchBlobs(
    ref: L1BlockRef,
    hashes: readonly Hash[],
    signal: AbortSignal,
  ): Promise<Blobs> {
    const { blobs } = this.deps;
    if (blobs === null || hashes.length === 0) return NO_BLOBS;
    const found = await blobs.blobsByHash(ref, hashes, signal).catch((thrown: unknown) => {
      // Without them the block is still worth keeping; who derives it asks again and judges the answer.
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      return null;
    });
    const pairs = (found ?? []).flatMap((blob, index) => {
      const hash = hashes[index];
      return hash === undefined ? [] : [[hash, blob] as const];
    });
    return new Map(pairs);
  }

  private lastLinked(): L1BlockRef | null {
    return [...this.held.values()].at(-1)?.ref ?? this.cursor;
  }

  private moveCursor(ref: L1BlockRef): void {
    this.cursor = ref;
    this.deps.inputs?.forgetBefore(ref.number);
    this.forget((number) => number < ref.number);
    this.asked.set(this.asked.get() + 1);
  }

  private dropStale(): void {
    const before = this.seen.head;
    this.seen = this.deps.labels.get();
    const { head, finalized } = this.seen;
    if (continues(head, before) || isZeroRef(before)) return;
    this.branch += 1;
    this.forget((number) => number > finalized.number);
  }

  private forget(isGone: (number: bigint) => boolean): void {
    for (const blocks of [this.held, this.loading]) {
      for (const number of [...blocks.keys()]) if (isGone(number)) blocks.delete(number);
    }
    this.record();
  }

  private bytes(): number {
    let bytes = 0;
    for (const block of this.held.values()) bytes += block.bytes;
    return bytes;
  }

  private record(): void {
    this.deps.recordHeld(this.held.size, this.bytes());
  }

  private async wait(signal: AbortSignal): Promise<void> {
    const { labels } = this.deps;
    const { seen } = this;
    const asked = this.asked.get();
    await anyOf<unknown>(
      [(s) => labels.changed(seen, s), (s) => this.asked.changed(asked, s)],
      signal,
    );
  }
}

/** A failure, for its back-off: L1 says at once that it lacks the block, and would be asked again as fast as it says so. */
function withoutBody({ hash, number }: L1BlockRef): NodeError {
  return new NodeError(
    'DERIVE_L1_UNAVAILABLE',
    'L1 lacks the transactions of a block that it named',
    {
      severity: 'temporary',
      fields: { hash, number },
    },
  );
}
