import type { Severity } from '../errors/nodeError.js';
import { hasCode, NodeError, toNodeError } from '../errors/nodeError.js';
import type { Logger } from '../telemetry/logger.js';
import type { BlockId, L2BlockRef } from '../types/block.js';
import { blockId, isZeroRef, sameBlock, ZERO_L2_REF } from '../types/block.js';
import type { SafeHeadAtL1 } from '../types/safeHeadAtL1.js';
import type { EngineL1Source, EngineSafeHeadRecorder } from './ports.js';

export interface SafeHeadRecordsDeps {
  /** Null where nothing is recorded. */
  readonly recorder: EngineSafeHeadRecorder | null;
  readonly l1: EngineL1Source | null;
  readonly log: Logger;
}

/**
 * Keeps the safe-head database true to the safe head. A database that cannot be written, because its disk is full or
 * broken, ends nothing: no derived block becomes safe until it can be, and everything else goes on.
 */
export class SafeHeadRecords {
  /** Safe heads above which entries are still to be dropped, in this order; the all-zero ref drops all of them. */
  private due: readonly L2BlockRef[] = [];

  constructor(
    private readonly genesis: BlockId,
    private readonly deps: SafeHeadRecordsDeps,
  ) {}

  /**
   * Records a safe head that has moved up with data up to that L1 block; one that has not is no news.
   * @throws NodeError ENGINE_SAFE_HEAD_RECORD, reset: the safe head then goes back a little and the entry is written again.
   * op-node onSafeDerivedBlock.
   */
  async moved(before: L2BlockRef, safe: L2BlockRef, derivedFrom: BlockId): Promise<void> {
    const { recorder } = this.deps;
    if (recorder === null || sameBlock(safe, before)) return;
    await written('reset', () => recorder.safeHeadUpdated(safe, derivedFrom));
  }

  /**
   * Entries above this safe head no longer hold; all do not where it is beyond the newest, as what is between would be
   * taken for what the next entry says. @throws NodeError ABORTED only.
   * Differs: op-node keeps entries on both sides of such a gap. op-node onEngineConfirmedReset.
   */
  async reset(safe: L2BlockRef, signal: AbortSignal): Promise<void> {
    if (this.deps.recorder === null) return;
    this.due = [...this.due.filter(isZeroRef), safe];
    await this.trySettle(signal);
  }

  /**
   * Where derivation goes on without a gap in the entries, after blocks have come by the execution layer's own sync: the
   * newest entry's safe head, where it is on the synced chain; else the one of the entry that first reached `offset`, later
   * entries then being dropped. Where neither is, or the database cannot be read, every entry is dropped.
   * @param offset the block that would be safe without a database.
   * @param held the block where the execution layer has it on its chain, else null.
   * @returns null where there is no entry to go on from. op-node safeDBRefAfterELSync.
   */
  async afterElSync(
    offset: L2BlockRef,
    held: (id: BlockId) => Promise<L2BlockRef | null>,
    signal: AbortSignal,
  ): Promise<L2BlockRef | null> {
    const { log } = this.deps;
    const entries = await this.readEntries(offset, signal);
    if (entries.length === 0) return null;
    for (const [index, { safeHead }] of entries.entries()) {
      const ref = await held(safeHead);
      if (ref === null) continue;
      if (index === 0) return ref;
      log.warn('Safe head db has left the synced chain, going on from its entry near the offset', {
        entry: safeHead,
        offset: blockId(offset),
      });
      this.due = [ref];
      await this.trySettle(signal);
      return ref;
    }
    await this.clear('no entry near the offset is on the synced chain', signal);
    return null;
  }

  /** The newest entry, and the one that first reached the offset; none where the database says nothing. */
  private async readEntries(
    offset: L2BlockRef,
    signal: AbortSignal,
  ): Promise<readonly SafeHeadAtL1[]> {
    const { recorder } = this.deps;
    if (recorder === null) return [];
    try {
      await this.settle(signal);
      const last = await recorder.lastEntry();
      const near = await recorder.l1AtSafeHead(offset.number);
      return [last, near].filter((entry) => entry !== null && typeof entry === 'object');
    } catch (thrown) {
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      await this.clear(`it cannot be read: ${toNodeError(thrown).message}`, signal);
      return [];
    }
  }

  private async clear(why: string, signal: AbortSignal): Promise<void> {
    this.deps.log.warn('Clearing safe head db after EL sync', { why });
    this.due = [ZERO_L2_REF];
    await this.trySettle(signal);
  }

  /** Writes what is still due; to be called before a derived block becomes safe. @throws NodeError, temporary. */
  async settle(signal: AbortSignal): Promise<void> {
    for (let [safe] = this.due; safe !== undefined; [safe] = this.due) {
      await this.write(safe, signal);
      this.due = this.due.slice(1);
    }
  }

  private async trySettle(signal: AbortSignal): Promise<void> {
    try {
      await this.settle(signal);
    } catch (thrown) {
      const { message } = toNodeError(thrown);
      if (hasCode(thrown, 'ABORTED')) throw thrown;
      this.deps.log.error('Safe head db could not be reset, no block becomes safe until it is', {
        err: message,
      });
    }
  }

  /** Genesis is safe by definition, at every L1 block: where a reset reaches it, it is recorded at L1 block 0. */
  private async write(safe: L2BlockRef, signal: AbortSignal): Promise<void> {
    const { recorder, l1, log } = this.deps;
    if (recorder === null) return;
    await written('temporary', async () => {
      const last = isZeroRef(safe) ? null : await recorder.lastEntry();
      if (last !== null && last.safeHead.number < safe.number) {
        log.warn('Clearing safe head db, as blocks became safe that it has no entry of', {
          last: last.safeHead,
          safe: blockId(safe),
        });
        await recorder.safeHeadReset(ZERO_L2_REF);
      }
      await recorder.safeHeadReset(safe);
    });
    if (!sameBlock(safe, this.genesis) || l1 === null) return;
    const l1Genesis = await l1.l1BlockRefByNumber(0n, signal);
    if (l1Genesis === null) {
      log.error('Failed to retrieve L1 genesis, cannot notify genesis as safe block');
      return;
    }
    await written('temporary', () => recorder.safeHeadUpdated(safe, l1Genesis));
  }
}

/** Whatever is wrong with the database, it is not the node's end. */
async function written(severity: Severity, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (thrown) {
    const cause = toNodeError(thrown);
    const message = `safe head notifications failed: ${cause.message}`;
    throw new NodeError('ENGINE_SAFE_HEAD_RECORD', message, { severity, cause });
  }
}
