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

/** Follow mode asks for at most four heights a poll, most of them again and again. */
const MAX_ENTRIES = 256;

/**
 * L1 blocks by number with a small cache for callers that ask for the same heights in short order. An entry is only
 * used while the chain it was read on stands: any move of the L1 head that is not a single step forward empties the
 * cache, but for finalized heights. What a reorg not yet seen could still make stale is read past the cache by
 * `fresh`, as follow mode does before it calls a difference one.
 */
export class L1ByNumber {
  private readonly refs = new LruCache<bigint, L1BlockRef>(MAX_ENTRIES);
  private seen: L1Heads;

  constructor(private readonly deps: L1ByNumberDeps) {
    this.seen = deps.heads.get();
  }

  /** Null means that our L1 does not have that height (yet); that is never cached. Errors are those of the source. */
  async l1BlockRefByNumber(
    number: bigint,
    options: { readonly fresh: boolean },
    signal: AbortSignal,
  ): Promise<L1BlockRef | null> {
    this.dropStale();
    const known = options.fresh ? undefined : this.refs.get(number);
    if (known !== undefined) return known;
    const asked = this.deps.heads.get();
    const ref = await this.deps.l1.l1BlockRefByNumber(number, signal);
    if (ref === null) {
      this.refs.delete(number);
      return null;
    }
    // A head that moved meanwhile may mean that the answer is of a chain that is gone.
    if (this.deps.heads.get().head.hash === asked.head.hash) this.refs.set(number, ref);
    return ref;
  }

  private dropStale(): void {
    const now = this.deps.heads.get();
    const old = this.seen;
    this.seen = now;
    if (continues(now.head, old.head)) return;
    const finalized = isZeroRef(old.finalized) ? -1n : old.finalized.number;
    for (const number of [...this.refs.keys()]) {
      if (number > finalized) this.refs.delete(number);
    }
  }
}
