import type { L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import { isZeroRef } from '../../../src/types/block.js';
import { GENESIS_REF } from '../l2Chain.js';
import type { SimBatch, SimChannel } from './l1Tree.js';
import type { L2Blocks } from './l2Blocks.js';
import type { SimRandom } from './simRandom.js';

const MAX_CHANNEL = 12;

/** What a batcher reads of its node's status. */
export interface BatcherStatus {
  readonly currentL1: L1BlockRef;
  readonly safe: L2BlockRef;
  readonly unsafe: L2BlockRef;
}

/** Posts the unsafe blocks of a node, by the rules of op-batcher's `sync_actions.go`. */
export class SimBatcher {
  private posted: { readonly last: L2BlockRef; readonly l1Number: bigint }[] = [];
  private last: L2BlockRef = GENESIS_REF;

  constructor(
    private readonly blocks: L2Blocks,
    private readonly random: SimRandom,
  ) {}

  /** What goes into the L1 block of that number. */
  channels({ currentL1, safe, unsafe }: BatcherStatus, l1Number: bigint): SimChannel[] {
    if (isZeroRef(currentL1)) return [];
    this.posted = this.posted.filter(({ last }) => last.number > safe.number);
    const isMissing = this.posted.some(({ l1Number: at }) => at < currentL1.number);
    const isBehind = this.last.number < safe.number;
    if (isMissing || isBehind || !this.blocks.isAncestor(this.last, unsafe)) this.startAt(safe);
    const waiting = this.blocks.between(this.last, unsafe) ?? [];
    const channels: SimChannel[] = [];
    while (waiting.length > 0 && channels.length < 4) {
      const refs = waiting.splice(0, this.random.int(1, MAX_CHANNEL));
      channels.push(refs.map((ref) => this.batch(ref)));
      this.last = refs.at(-1) ?? this.last;
      this.posted.push({ last: this.last, l1Number });
    }
    return channels;
  }

  private startAt(safe: L2BlockRef): void {
    this.posted = [];
    this.last = safe;
  }

  private batch({ hash, parentHash, timestamp, l1Origin }: L2BlockRef): SimBatch {
    const { transactions } = this.blocks.envelope(hash).executionPayload;
    const own = transactions.filter((tx) => !tx.startsWith('0x7e'));
    return { parentHash, timestamp, epoch: l1Origin, transactions: own };
  }
}
