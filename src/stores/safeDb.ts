import { open, type RootDatabase } from 'lmdb';
import { NodeError, toNodeError } from '../errors/nodeError.js';
import { throwIfAborted } from '../runtime/abort.js';
import { yieldToEventLoop } from '../runtime/clock.js';
import { Semaphore } from '../runtime/semaphore.js';
import type { Logger } from '../telemetry/logger.js';
import type { BlockId, L2BlockRef } from '../types/block.js';
import type { L1AtSafeHead, SafeHeadAtL1 } from '../types/safeHeadAtL1.js';
import { KeptSafeHeads } from './keptSafeHeads.js';
import type { SafeDbEntry } from './safeDbEntry.js';
import {
  CUT_KEY,
  decodeCut,
  decodeEntry,
  encodeCut,
  encodeEntry,
  entryKey,
  MAX_L1_NUMBER,
} from './safeDbEntry.js';

/** Which L2 block was safe after which L1 block. op-node `node/safedb`. */
export interface SafeDb {
  readonly isEnabled: boolean;
  /** Records that `safeHead` became safe with `l1`. Durable when resolved. */
  safeHeadUpdated(safeHead: L2BlockRef, l1: BlockId): Promise<void>;
  /**
   * Forgets what a reset to `safeHead` has made uncertain: the first entry that reached it, and all later ones, go;
   * that first entry then says `safeHead`, unless nothing earlier is recorded (then it is unknown when it became safe).
   * Holds for every answer once resolved, however many entries there are; what takes long goes on behind it.
   */
  safeHeadReset(safeHead: L2BlockRef): Promise<void>;
  /** The newest entry at or below that L1 block; null when there is none. @throws SAFE_DB_DISABLED */
  safeHeadAtL1(l1Number: bigint): SafeHeadAtL1 | null;
  /**
   * The first entry whose safe head is that L2 block or a higher one: the L1 block with which it became safe.
   * `ahead`: no entry has come to it yet. `unknown`: it was safe before the first entry. @throws SAFE_DB_DISABLED
   */
  l1AtSafeHead(l2Number: bigint): Promise<L1AtSafeHead>;
  /** The newest entry; null when there is none. @throws SAFE_DB_DISABLED */
  lastEntry(): Promise<SafeHeadAtL1 | null>;
  close(): Promise<void>;
}

/**
 * So many entries are read or removed between two turns of the event loop: a few milliseconds. A reset of a node that
 * keeps up drops fewer, in the one transaction that also rewrites the first.
 */
const STEP_ENTRIES = 2_000;

/**
 * The safe-head index on disk (LMDB). A reset is one short transaction: it rewrites the first entry and notes the *cut*,
 * from which on entries are void. Those are removed behind it, a step at a time from the lowest up, each in a transaction
 * that moves the cut, so that a killed process leaves no void entry that is answered: the next one reads the cut and goes
 * on. A write above the cut first removes what is below it.
 */
export class LmdbSafeDb implements SafeDb {
  readonly isEnabled = true;
  private readonly db: RootDatabase<Buffer, Buffer>;
  private readonly log: Logger;
  /** Entries of this L1 number and above are void; null without any. */
  private cut: bigint | null;
  /** One change at a time, as each begins with what the one before has left. */
  private readonly turn = new Semaphore(1);
  private readonly closing = new AbortController();
  private readonly kept = new KeptSafeHeads((l1Number) => {
    const entry = this.newestAtOrBelow(l1Number);
    return entry === null ? null : answerOf(entry);
  });

  /** @throws SAFE_DB_OPEN_FAILED (critical) naming the path. */
  constructor(options: { readonly path: string }, deps: { readonly log: Logger }) {
    this.log = deps.log;
    try {
      this.db = open<Buffer, Buffer>({
        path: options.path,
        // A folder, whatever its name, as op-node's: LMDB takes a name with a dot for a file.
        noSubdir: false,
        encoding: 'binary',
        keyEncoding: 'binary',
        // A commit is on disk before it is reported: the answer must not go back after a power loss.
        overlappingSync: false,
      });
    } catch (cause) {
      throw new NodeError(
        'SAFE_DB_OPEN_FAILED',
        `failed to create safe head database at ${options.path}`,
        { severity: 'critical', fields: { path: options.path }, cause },
      );
    }
    const cut = this.db.get(CUT_KEY);
    this.cut = cut === undefined ? null : decodeCut(cut);
    void this.removeVoid();
  }

  async safeHeadUpdated(safeHead: L2BlockRef, l1: BlockId): Promise<void> {
    this.log.info('Record local safe head', { l2: safeHead, l1 });
    await this.inTurn(async () => {
      while (this.cut !== null && l1.number >= this.cut) {
        throwIfAborted(this.closing.signal);
        await this.cutFrom(this.cut);
      }
      await this.db.put(entryKey(l1.number), encodeEntry(l1, safeHead));
      this.kept.written(l1.number);
    });
  }

  async safeHeadReset(safeHead: L2BlockRef): Promise<void> {
    this.log.info('Resetting safe head db', { l2: safeHead });
    await this.inTurn(async () => {
      const first = await this.firstToReach(safeHead);
      if (first === null) return;
      const { key, l1 } = first;
      if (this.newestAtOrBelow(l1.number - 1n) === null) await this.clear();
      else await this.cutFrom(l1.number + 1n, { key, value: encodeEntry(l1, safeHead) });
    });
    void this.removeVoid();
  }

  safeHeadAtL1(l1Number: bigint): SafeHeadAtL1 | null {
    // op-node searches below number + 1, which overflows here, so it finds nothing; callers compare answers byte for byte.
    if (l1Number === MAX_L1_NUMBER) return null;
    return this.kept.at(l1Number, MAX_L1_NUMBER);
  }

  async lastEntry(): Promise<SafeHeadAtL1 | null> {
    const entry = this.newestAtOrBelow(MAX_L1_NUMBER);
    return entry === null ? null : answerOf(entry);
  }

  /** Safe heads only rise from entry to entry, so that a few dozen look-ups find it, however many there are. */
  async l1AtSafeHead(l2Number: bigint): Promise<L1AtSafeHead> {
    const first = this.oldest();
    let found = this.newestAtOrBelow(MAX_L1_NUMBER);
    if (first === null || found === null || found.safeHead.number < l2Number) return 'ahead';
    if (first.safeHead.number > l2Number) return 'unknown';
    if (first.safeHead.number === l2Number) return answerOf(first);
    for (let below = first.l1.number; found.l1.number - below > 1n; ) {
      const middle = (below + found.l1.number) / 2n;
      const entry = this.newestAtOrBelow(middle);
      if (entry === null || entry.safeHead.number < l2Number) below = middle;
      else found = entry;
    }
    return answerOf(found);
  }

  /** Void entries that are left stay for the next start. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.turn.acquire(new AbortController().signal);
    await this.db.close();
  }

  /** @throws NodeError ABORTED once closed. */
  private async inTurn(change: () => Promise<void>): Promise<void> {
    const release = await this.turn.acquire(this.closing.signal);
    try {
      await change();
    } finally {
      release();
    }
  }

  /** Removes void entries in the background, a step at a time. */
  private async removeVoid(): Promise<void> {
    try {
      while (this.cut !== null) {
        await this.inTurn(async () => {
          if (this.cut !== null) await this.cutFrom(this.cut);
        });
      }
    } catch (thrown) {
      if (this.closing.signal.aborted) return;
      this.log.error(
        'Void entries of the safe head db are not removed, the next start tries again',
        {
          err: toNodeError(thrown).message,
        },
      );
    }
  }

  /** Makes entries from `cut` up void and removes a step of them, in one transaction with what is put. */
  private async cutFrom(
    cut: bigint,
    put?: { readonly key: Buffer; readonly value: Buffer },
  ): Promise<void> {
    const range = { start: entryKey(cut), end: CUT_KEY, limit: STEP_ENTRIES };
    const keys = [...this.db.getKeys(range)].map((key) => Buffer.from(key));
    const last = keys.length < STEP_ENTRIES ? undefined : keys.at(-1);
    const next = last === undefined ? null : last.readBigUInt64BE() + 1n;
    await this.db.batch(() => {
      if (put !== undefined) this.db.put(put.key, put.value);
      for (const key of keys) this.db.remove(key);
      if (next === null) this.db.remove(CUT_KEY);
      else this.db.put(CUT_KEY, encodeCut(next));
    });
    this.cut = next;
    this.kept.clear();
  }

  /** LMDB gives back a whole tree at once, without a look at its entries. */
  private async clear(): Promise<void> {
    await this.db.clearAsync();
    this.cut = null;
    this.kept.clear();
  }

  /** The first entry that says this safe head or a higher one. None can come before the L1 origin of that. */
  private async firstToReach({ number, l1Origin }: L2BlockRef): Promise<SafeDbEntry | null> {
    for (let from = l1Origin.number; ; ) {
      const range = { start: entryKey(from), end: this.end, limit: STEP_ENTRIES };
      const entries = [...this.db.getRange(range)].map(({ key, value }) => decodeEntry(key, value));
      const found = entries.find(({ safeHead }) => safeHead.number >= number);
      if (found !== undefined) return found;
      const last = entries.length < STEP_ENTRIES ? undefined : entries.at(-1);
      if (last === undefined) return null;
      from = last.l1.number + 1n;
      await yieldToEventLoop();
    }
  }

  /** Key above all entries that hold. */
  private get end(): Buffer {
    return this.cut === null ? CUT_KEY : entryKey(this.cut);
  }

  private oldest(): SafeDbEntry | null {
    const range = { start: entryKey(0n), end: this.end, limit: 1 };
    for (const { key, value } of this.db.getRange(range)) return decodeEntry(key, value);
    return null;
  }

  private newestAtOrBelow(l1Number: bigint): SafeDbEntry | null {
    const highest = this.cut === null ? MAX_L1_NUMBER - 1n : this.cut - 1n;
    const from = l1Number < highest ? l1Number : highest;
    if (from < 0n) return null;
    for (const { key, value } of this.db.getRange({
      start: entryKey(from),
      reverse: true,
      limit: 1,
    })) {
      return decodeEntry(key, value);
    }
    return null;
  }
}

function answerOf({ l1, safeHead }: SafeDbEntry): SafeHeadAtL1 {
  return { l1Block: l1, safeHead };
}
