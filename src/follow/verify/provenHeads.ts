import { NodeError, toNodeError } from '../../errors/nodeError.js';
import type { WatchReader } from '../../runtime/watch.js';
import { WatchCell } from '../../runtime/watch.js';
import type { Log } from '../../telemetry/logger.js';
import type { BlockId, L1BlockRef, L2BlockRef } from '../../types/block.js';
import { blockId, ZERO_L1_REF, ZERO_L2_REF } from '../../types/block.js';
import type { Proven } from '../../types/proven.js';
import { NOTHING_PROVEN } from '../../types/proven.js';
import type { SafeHeadAtL1 } from '../../types/safeHeadAtL1.js';
import type { ProvenDatabase } from './ports.js';
import { blockMissing } from './verifierErrors.js';

export interface ProvenHeadsDeps {
  /** Null where none is kept. */
  readonly database: ProvenDatabase | null;
  /** Our canonical L2 block of that height and our canonical L1 block; null where there is none. */
  readonly l2: (number: bigint, signal: AbortSignal) => Promise<L2BlockRef | null>;
  readonly l1: (number: bigint, signal: AbortSignal) => Promise<L1BlockRef | null>;
  readonly log: Log;
}

/**
 * What verification has proven, and its entries in the safe-head database, which have no gap: verification begins where
 * they end. Each is written before it is told of. While one cannot be written, verification waits.
 */
export class ProvenHeads {
  private readonly cell = new WatchCell<Proven>(NOTHING_PROVEN);
  /** The newest block that is recorded, or that recording began after. */
  private recorded: L2BlockRef | null = null;

  constructor(private readonly deps: ProvenHeadsDeps) {}

  get proven(): WatchReader<Proven> {
    return this.cell;
  }

  /**
   * Where the first verification of a run begins: at the finalized head, or below it where the entries of an earlier run
   * end. Entries that do not hold any more are dropped, and those of a database that cannot be read.
   * @throws NodeError VERIFY_BLOCK_MISSING, temporary, while our L1 lacks the block of an entry.
   */
  async beginning(finalized: L2BlockRef, signal: AbortSignal): Promise<L2BlockRef> {
    const { database, log } = this.deps;
    if (database === null) return finalized;
    const found = await this.lastEntryUpTo(finalized, database);
    if (found === null) return finalized;
    const begin = found === 'unreadable' ? null : await this.stillHolds(found, finalized, signal);
    if (begin !== null) return begin;
    log.warn('Clearing safe head db, as its entries do not hold any more', {
      entry: found === 'unreadable' ? found : blockId(found.safeHead),
    });
    await database.reset(ZERO_L2_REF, signal);
    return finalized;
  }

  /** Verification begins (again) after this block. */
  async begin(from: L2BlockRef, signal: AbortSignal): Promise<void> {
    const { recorded } = this;
    // Blocks of a batch that has not been concluded are not recorded yet.
    const safe = recorded === null || from.number < recorded.number ? from : recorded;
    this.cell.set({ currentL1: ZERO_L1_REF, safe });
    await this.deps.database?.reset(safe, signal);
    this.recorded = safe;
  }

  /**
   * A batch is verified up to its end.
   * @throws NodeError ENGINE_SAFE_HEAD_RECORD, temporary: the entry is not written, and may be again.
   */
  async advance(safe: L2BlockRef, derivedFrom: BlockId, signal: AbortSignal): Promise<void> {
    const { database } = this.deps;
    if (database !== null) {
      await database.settle(signal);
      await asTemporary(() => database.moved(this.recorded ?? ZERO_L2_REF, safe, derivedFrom));
    }
    this.recorded = safe;
    this.cell.set({ ...this.cell.get(), safe });
  }

  /** All L1 data before this block is in what is proven. */
  originMoved(currentL1: L1BlockRef): void {
    this.cell.set({ ...this.cell.get(), currentL1 });
  }

  /** The newest entry, or the one that reached the finalized head; null without such a one. */
  private async lastEntryUpTo(
    finalized: L2BlockRef,
    database: ProvenDatabase,
  ): Promise<SafeHeadAtL1 | 'unreadable' | null> {
    try {
      const last = await database.lastEntry();
      if (last === null || last.safeHead.number < finalized.number) return last;
      const reached = await database.l1AtSafeHead(finalized.number);
      return typeof reached === 'string' ? null : reached;
    } catch (thrown) {
      this.deps.log.error('Safe head db cannot be read', { err: toNodeError(thrown).message });
      return 'unreadable';
    }
  }

  /** Where to go on from an entry; null where L1 or our chain has another block than it says. */
  private async stillHolds(
    { l1Block, safeHead }: SafeHeadAtL1,
    finalized: L2BlockRef,
    signal: AbortSignal,
  ): Promise<L2BlockRef | null> {
    const { l1, l2 } = this.deps;
    const canonical = await l1(l1Block.number, signal);
    // Our L1 may be behind: that says nothing of the entry.
    if (canonical === null) throw blockMissing('L1 block', l1Block.number);
    if (canonical.hash !== l1Block.hash) return null;
    if (safeHead.number >= finalized.number) return finalized;
    const ref = await l2(safeHead.number, signal);
    return ref?.hash === safeHead.hash ? ref : null;
  }
}

/** It is tried again where it was; nothing that was verified is in doubt. */
async function asTemporary(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    const { code, message, fields } = toNodeError(thrown);
    throw new NodeError(code, message, { severity: 'temporary', fields, cause: thrown });
  }
}
