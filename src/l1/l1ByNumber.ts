import { LruCache } from '../runtime/lruCache.js';
import type { WatchReader } from '../runtime/watch.js';
import type { L1BlockRef } from '../types/block.js';
import { continues, isZeroRef } from '../types/block.js';
import type { L1Heads } from '../types/l1Heads.js';

export interface L1ByNumberDeps {
  readonly l1: {
    l1BlockRefByNumber(number: bigint, signal: AbortSignal): Promise<L1BlockRef | null>;
  };
  readonly heads: Pick<WatchReader<L1Heads>, 'get'>;
}

/** An answer; `order` counts the questions. */
interface Answer {
  /** Null is no answer to later questions, but keeps older ones out. */
  readonly ref: L1BlockRef | null;
  readonly order: number;
}

/** Follow mode asks for at most four heights a poll, most of them again and again. */
const MAX_ENTRIES = 256;

/**
 * L1 blocks by number with a small cache for callers that ask for the same heights in short order. An entry is only
 * used while the chain it was read on stands: any move of the L1 head that is not a single step forward empties the
 * cache, but for finalized heights. What a reorg not yet seen could still make stale is read past the cache by
 * `fresh`, as follow mode does before it calls a difference one.
 */
export class L1ByNumber {
  private readonly answers = new LruCache<bigint, Answer>(MAX_ENTRIES);
  private questions = 0;
  private seen: L1Heads;

  constructor(private readonly deps: L1ByNumberDeps) {
    this.seen = deps.heads.get();
  }

  /** The newest block that our L1 has shown; all-zero before. */
  l1Head(): L1BlockRef {
    return this.deps.heads.get().head;
  }

  /** Null means that our L1 does not have that height (yet); that is never cached. Errors are those of the source. */
  async l1BlockRefByNumber(
    number: bigint,
    options: { readonly fresh: boolean },
    signal: AbortSignal,
  ): Promise<L1BlockRef | null> {
    this.dropStale();
    const known = options.fresh ? null : this.answers.get(number)?.ref;
    if (known != null) return known;
    const asked = this.deps.heads.get();
    this.questions += 1;
    const order = this.questions;
    const ref = await this.deps.l1.l1BlockRefByNumber(number, signal);
    // Several ask at once: the answer to the last question stays, whichever comes last. A head that moved meanwhile may
    // mean that this one is of a chain that is gone.
    const isNewest = (this.answers.get(number)?.order ?? 0) < order;
    const isOfSameHead = this.deps.heads.get().head.hash === asked.head.hash;
    if (isNewest) this.answers.set(number, { ref: isOfSameHead ? ref : null, order });
    return ref;
  }

  private dropStale(): void {
    const now = this.deps.heads.get();
    const old = this.seen;
    this.seen = now;
    if (continues(now.head, old.head)) return;
    const finalized = isZeroRef(old.finalized) ? -1n : old.finalized.number;
    for (const number of [...this.answers.keys()]) {
      if (number > finalized) this.answers.delete(number);
    }
  }
}
