import type { EngineSafeHeadRecorder } from '../../src/engine/ports.js';
import type { BlockId, L2BlockRef } from '../../src/types/block.js';
import { blockId } from '../../src/types/block.js';
import type { L1AtSafeHead, SafeHeadAtL1 } from '../../src/types/safeHeadAtL1.js';

/** A safe-head database in memory, with the rules of the one on disk. */
export class MemorySafeHeads implements EngineSafeHeadRecorder {
  /** By L1 number. */
  entries: readonly SafeHeadAtL1[] = [];

  async safeHeadUpdated(safeHead: L2BlockRef, l1: BlockId): Promise<void> {
    const before = this.entries.filter(({ l1Block }) => l1Block.number < l1.number);
    const after = this.entries.filter(({ l1Block }) => l1Block.number > l1.number);
    this.entries = [...before, { l1Block: blockId(l1), safeHead: blockId(safeHead) }, ...after];
  }

  async safeHeadReset(safeHead: L2BlockRef): Promise<void> {
    const index = this.entries.findIndex(
      (entry) =>
        entry.l1Block.number >= safeHead.l1Origin.number &&
        entry.safeHead.number >= safeHead.number,
    );
    const first = this.entries[index];
    if (first === undefined) return;
    const kept = this.entries.slice(0, index);
    this.entries = index === 0 ? [] : [...kept, { ...first, safeHead: blockId(safeHead) }];
  }

  async l1AtSafeHead(l2Number: bigint): Promise<L1AtSafeHead> {
    const index = this.entries.findIndex(({ safeHead }) => safeHead.number >= l2Number);
    const found = this.entries[index];
    if (found === undefined) return 'ahead';
    return index === 0 && found.safeHead.number > l2Number ? 'unknown' : found;
  }

  async lastEntry(): Promise<SafeHeadAtL1 | null> {
    return this.entries.at(-1) ?? null;
  }
}
