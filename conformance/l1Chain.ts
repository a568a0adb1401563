import type { BlockJson, L1Entry, LogJson, ReceiptJson, TransactionJson } from './recorded.js';
import type { World } from './world.js';

/** Block numbers of the three labels. */
export interface L1Labels {
  readonly head: number;
  readonly safe: number;
  readonly finalized: number;
}

/**
 * A recorded L1 whose labels the caller moves. Blocks above the head are not visible. A reorg replaces blocks by
 * number; blocks of both branches stay known by hash, as they do at a real node.
 */
export class L1Chain {
  readonly #world: World;
  #blocks: L1Entry[];
  readonly #byHash = new Map<string, L1Entry>();
  readonly #byTransaction = new Map<string, { entry: L1Entry; index: number }>();
  readonly #headListeners = new Set<(block: BlockJson) => void>();
  readonly #lag: { readonly safe: number; readonly finalized: number };
  #labels: L1Labels;

  /** Labels start as recorded at rest, lowered to a given head. */
  constructor(world: World, head?: number) {
    this.#world = world;
    this.#blocks = [];
    this.#add(world.l1);
    const rest = world.facts.l1;
    this.#lag = { safe: rest.head - rest.safe, finalized: rest.head - rest.finalized };
    this.#labels = { head: 0, safe: 0, finalized: 0 };
    this.moveHead(head ?? rest.head);
  }

  get labels(): L1Labels {
    return this.#labels;
  }

  /** The highest recorded number of the present branch. */
  get last(): number {
    return this.#blocks.length - 1;
  }

  /** Sets labels; each is kept at or below the one above it. */
  move(labels: Partial<L1Labels>): void {
    const before = this.byNumber(this.#labels.head)?.block.hash;
    const asked = { ...this.#labels, ...labels };
    const head = Math.max(0, Math.min(asked.head, this.last));
    const safe = Math.max(0, Math.min(asked.safe, head));
    this.#labels = { head, safe, finalized: Math.max(0, Math.min(asked.finalized, safe)) };
    const now = this.byNumber(head)?.block;
    if (now && now.hash !== before) for (const tell of this.#headListeners) tell(now);
  }

  /** Sets the head and lets safe and finalized follow at the recorded distances. */
  moveHead(head: number): void {
    this.move({
      head,
      safe: head - this.#lag.safe,
      finalized: head - this.#lag.finalized,
    });
  }

  /** Moves all labels one block on; false at the end of the recording. */
  advance(): boolean {
    if (this.#labels.head >= this.last) return false;
    this.moveHead(this.#labels.head + 1);
    return true;
  }

  /** Serves the recorded fork from block `at` up (its first block unless given), its last block as head unless given. */
  reorg(name: string, at?: number, head?: number): void {
    const entries = this.#world.l1Fork(name);
    const from = at ?? Number(entries[0]?.block.number);
    this.#blocks = this.#blocks.slice(0, from);
    this.#add(entries.filter((entry) => Number(entry.block.number) >= from));
    this.move({ head: head ?? this.last });
  }

  /** Serves these blocks, lowest first, in place of all from their height up; the last is the head. */
  replace(entries: readonly L1Entry[]): void {
    this.#blocks = this.#blocks.slice(0, Number(entries[0]?.block.number));
    this.#add(entries);
    this.move({ head: this.last });
  }

  /** Calls `tell` with each new head block; the returned function ends that. */
  onHead(tell: (block: BlockJson) => void): () => void {
    this.#headListeners.add(tell);
    return () => this.#headListeners.delete(tell);
  }

  /** The number that a tag or hex quantity means. */
  numberOf(tag: string): number {
    if (tag === 'latest' || tag === 'pending') return this.#labels.head;
    if (tag === 'safe' || tag === 'finalized') return this.#labels[tag];
    return tag === 'earliest' ? 0 : Number(tag);
  }

  byNumber(number: number): L1Entry | undefined {
    return number <= this.#labels.head ? this.#blocks[number] : undefined;
  }

  /** By tag, hex quantity or hash. */
  find(id: string): L1Entry | undefined {
    return id.length === 66
      ? this.#visible(this.#byHash.get(id))
      : this.byNumber(this.numberOf(id));
  }

  /** The block of the present branch with this timestamp. */
  byTime(time: number): L1Entry | undefined {
    const end = this.#labels.head + 1;
    return this.#blocks.slice(0, end).find((entry) => Number(entry.block.timestamp) === time);
  }

  transaction(hash: string): { transaction: TransactionJson; receipt: ReceiptJson } | undefined {
    const found = this.#byTransaction.get(hash);
    if (!found || !this.#visible(found.entry)) return undefined;
    const transaction = found.entry.block.transactions[found.index];
    const receipt = found.entry.receipts[found.index];
    return transaction && receipt ? { transaction, receipt } : undefined;
  }

  /** All logs of the visible blocks from..to of the present branch. */
  logs(from: number, to: number): readonly LogJson[] {
    const end = Math.min(to, this.#labels.head) + 1;
    return this.#blocks.slice(from, end).flatMap(logsOf);
  }

  #visible(entry: L1Entry | undefined): L1Entry | undefined {
    return entry && Number(entry.block.number) <= this.#labels.head ? entry : undefined;
  }

  #add(entries: readonly L1Entry[]): void {
    for (const entry of entries) {
      this.#byHash.set(entry.block.hash, entry);
      entry.block.transactions.forEach((transaction, index) => {
        this.#byTransaction.set(transaction.hash, { entry, index });
      });
      this.#blocks[Number(entry.block.number)] = entry;
    }
  }
}

/** The logs of one block in order. */
export function logsOf(entry: L1Entry): readonly LogJson[] {
  return entry.receipts.flatMap((receipt) => receipt.logs);
}
