import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { numberToHex } from 'viem/utils';
import { LmdbSafeDb } from '../src/stores/safeDb.js';
import { encodeEntry, entryKey } from '../src/stores/safeDbEntry.js';
import { SILENT } from '../src/telemetry/silentLogger.js';
import type { BlockId, L2BlockRef } from '../src/types/block.js';
import { ZERO_L2_REF } from '../src/types/block.js';
import { benchOptions } from './measure/options.js';

const OPTIONS = {
  entries: { default: 3_000_000, about: 'recorded L1 blocks; a year has 2.6 million', min: 10 },
};
const FILL_STEP = 100_000;
const REST_MS = 3_000;
const L2_BLOCKS_PER_L1_BLOCK = 6;
const ASKED_LATEST = 2n ** 64n - 2n;
const BYTES_PER_KIB = 1024;

/** A reset, by the entry that it goes back to; null forgets all. */
interface Reset {
  readonly name: string;
  readonly toEntry: (entries: number) => number | null;
}

const RESETS: readonly Reset[] = [
  { name: 'a reset of 3,600 entries', toEntry: (entries) => Math.max(2, entries - 3_600) },
  { name: 'a reset of nearly all entries', toEntry: () => 2 },
  { name: 'clearing', toEntry: () => null },
];

/**
 * What resets of the safe-head database cost: until it answers by the reset, until a new entry above all old ones is
 * written (all that is void is gone then), and the longest time between two answers meanwhile.
 */
export async function runSafeDbBench(argv: readonly string[]): Promise<void> {
  const { entries } = benchOptions('safedb', OPTIONS, argv);
  for (const reset of RESETS) {
    const dir = mkdtempSync(join(tmpdir(), 'bench-safedb-'));
    try {
      await measure(reset, dir, entries);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

async function measure({ name, toEntry }: Reset, dir: string, entries: number): Promise<void> {
  await fill(dir, entries);
  const db = new LmdbSafeDb({ path: dir }, { log: SILENT });
  const restMs = await longestAtRest(db);
  const asker = new Asker(db);
  const entry = toEntry(entries);
  const startedMs = performance.now();
  await db.safeHeadReset(
    entry === null ? ZERO_L2_REF : l2(entry * L2_BLOCKS_PER_L1_BLOCK - 1, entry - 1),
  );
  const resetMs = performance.now() - startedMs;
  await db.safeHeadUpdated(l2(entries * L2_BLOCKS_PER_L1_BLOCK, entries), l1(entries + 1));
  const writtenMs = performance.now() - startedMs;
  const longestMs = await asker.stop();
  await db.close();
  const peakMiB = process.resourceUsage().maxRSS / BYTES_PER_KIB;
  console.log(
    `${name} (of ${entries}): answers by it after ${resetMs.toFixed(0)} ms, next entry written after ${writtenMs.toFixed(0)} ms; ${asker.answers} answers meanwhile, at most ${longestMs.toFixed(0)} ms apart (at rest ${restMs.toFixed(0)} ms); peak memory ${peakMiB.toFixed(0)} MiB`,
  );
}

/** What the machine's other work costs, to read the figure beside. */
async function longestAtRest(db: LmdbSafeDb): Promise<number> {
  const asker = new Asker(db);
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  return asker.stop();
}

/** Asks one question after the other, with a turn of the event loop between. */
class Asker {
  answers = 0;
  private longestMs = 0;
  private isOver = false;
  private readonly done: Promise<void>;

  constructor(private readonly db: LmdbSafeDb) {
    this.done = this.ask();
  }

  /** @returns the longest time between two answers, in milliseconds. */
  async stop(): Promise<number> {
    this.isOver = true;
    await this.done;
    return this.longestMs;
  }

  private async ask(): Promise<void> {
    let lastMs = performance.now();
    while (!this.isOver) {
      this.db.safeHeadAtL1(ASKED_LATEST);
      await new Promise((resolve) => setImmediate(resolve));
      const nowMs = performance.now();
      this.longestMs = Math.max(this.longestMs, nowMs - lastMs);
      this.answers += 1;
      lastMs = nowMs;
    }
  }
}

/** Written past the database's own way, which waits for the disk at each entry. */
async function fill(path: string, entries: number): Promise<void> {
  const raw = open<Buffer, Buffer>({ path, encoding: 'binary', keyEncoding: 'binary' });
  for (let from = 1; from <= entries; from += FILL_STEP) {
    const to = Math.min(entries, from + FILL_STEP - 1);
    await raw.batch(() => {
      for (let n = from; n <= to; n += 1) {
        raw.put(entryKey(BigInt(n)), encodeEntry(l1(n), l2(n * L2_BLOCKS_PER_L1_BLOCK, n)));
      }
    });
  }
  await raw.close();
}

function l1(number: number): BlockId {
  return { hash: numberToHex(number, { size: 32 }), number: BigInt(number) };
}

function l2(number: number, origin: number): L2BlockRef {
  return {
    ...l1(number),
    parentHash: l1(number - 1).hash,
    timestamp: BigInt(number * 2),
    l1Origin: l1(origin),
    sequenceNumber: 0n,
  };
}
