import type { FollowL1Port } from '../../src/follow/ports.js';
import type { L1BlockRef } from '../../src/types/block.js';
import { l1Block } from './l2Chain.js';

/** Our own L1 with a cache that keeps what it once read, so that only a fresh read sees a reorg. */
export class FakeFollowL1 implements FollowL1Port {
  readonly reads: { readonly number: bigint; readonly fresh: boolean }[] = [];
  /** Heights whose reads fail. */
  readonly failing = new Set<bigint>();
  head = 100n;
  private fork = '';
  private forkAt = 0n;
  private readonly base = new Map<bigint, L1BlockRef>();
  private readonly cache = new Map<bigint, L1BlockRef>();

  /** Replaces all blocks from this height up. */
  reorg(at: bigint, fork: string): void {
    for (let n = this.forkAt; n < at; n += 1n) this.base.set(n, this.canonical(n));
    this.forkAt = at;
    this.fork = fork;
  }

  /** The node's L1 client has noticed the reorg. */
  forget(): void {
    this.cache.clear();
  }

  l1Head(): L1BlockRef {
    return this.canonical(this.head);
  }

  canonical(number: bigint): L1BlockRef {
    const before = number < this.forkAt ? this.base.get(number) : undefined;
    return before ?? l1Block(number, this.fork);
  }

  async l1BlockRefByNumber(
    number: bigint,
    options: { readonly fresh: boolean },
  ): Promise<L1BlockRef | null> {
    this.reads.push({ number, fresh: options.fresh });
    if (this.failing.has(number)) throw new Error('injected L1 failure');
    if (number > this.head) return null;
    const cached = options.fresh ? undefined : this.cache.get(number);
    const ref = cached ?? this.canonical(number);
    this.cache.set(number, ref);
    return ref;
  }
}
