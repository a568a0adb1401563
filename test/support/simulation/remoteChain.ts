import type { L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import { GENESIS_REF } from '../l2Chain.js';
import type { ExpectedChain } from './expectedChain.js';
import type { L1Tree } from './l1Tree.js';
import type { L2Blocks } from './l2Blocks.js';
import type { SimRandom } from './simRandom.js';

export interface RemoteChainDeps {
  readonly l1: L1Tree;
  readonly l2: L2Blocks;
  readonly expected: ExpectedChain;
  readonly random: SimRandom;
}

/** The unsafe chain of another sequencer that makes no mistakes: a block each block time, on top of what L1 says. */
export class RemoteChain {
  private tip: L2BlockRef = GENESIS_REF;

  constructor(private readonly deps: RemoteChainDeps) {}

  get head(): L2BlockRef {
    return this.tip;
  }

  /** @returns the blocks that it has made, lowest first. */
  async upTo(timeSec: number): Promise<readonly L2BlockRef[]> {
    this.followL1();
    const made: L2BlockRef[] = [];
    while (Number(this.tip.timestamp + this.deps.l2.config.blockTime) <= timeSec) {
      this.tip = await this.next(this.tip);
      made.push(this.tip);
    }
    return made;
  }

  /** A block with a transaction of its own on any parent. */
  next(parent: L2BlockRef): Promise<L2BlockRef> {
    const { random, expected } = this.deps;
    const transactions = [`0x02${random.hex(4)}` as const];
    return expected.block(parent, {
      epoch: this.epochAfter(parent),
      transactions,
      batch: null,
      concluding: true,
    });
  }

  private epochAfter(parent: L2BlockRef): L1BlockRef {
    const { l1, l2 } = this.deps;
    const next = l1.ancestor(l1.head, parent.l1Origin.number + 1n);
    const isNext =
      next !== null &&
      next.parentHash === parent.l1Origin.hash &&
      next.number < l1.head.number &&
      next.timestamp <= parent.timestamp + l2.config.blockTime;
    return isNext ? next : l1.at(parent.l1Origin.hash).ref;
  }

  private followL1(): void {
    const { l1, l2, expected } = this.deps;
    const { tip } = expected.after(l1.head.hash);
    while (!l1.isCanonical(this.tip.l1Origin)) {
      this.tip = l2.ref(this.tip.parentHash) ?? GENESIS_REF;
    }
    if (!l2.isAncestor(tip, this.tip)) this.tip = tip;
  }
}
