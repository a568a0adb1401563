import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DisabledSafeDb } from '../../../src/stores/disabledSafeDb.js';
import { LmdbSafeDb } from '../../../src/stores/safeDb.js';
import { encodeEntry, entryKey } from '../../../src/stores/safeDbEntry.js';
import type { Logger } from '../../../src/telemetry/logger.js';
import type { Hash, L2BlockRef } from '../../../src/types/block.js';
import { ZERO_L2_REF } from '../../../src/types/block.js';

const silent = (() => {}) as Logger['info'];
const log: Logger = {
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  crit: silent,
  child: () => log,
};
const hash = (n: number): Hash => `0x${n.toString(16).padStart(64, '0')}`;
const l1 = (n: number) => ({ hash: hash(1000 + n), number: BigInt(n) });
const l2 = (n: number, origin: number): L2BlockRef => ({
  hash: hash(n),
  number: BigInt(n),
  parentHash: hash(n - 1),
  timestamp: BigInt(n * 2),
  l1Origin: l1(origin),
  sequenceNumber: 0n,
});
const answer = (l1Number: number, l2Number: number) => ({
  l1Block: l1(l1Number),
  safeHead: { hash: hash(l2Number), number: BigInt(l2Number) },
});

describe('LmdbSafeDb', () => {
  let dir: string;
  let db: LmdbSafeDb;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'safedb-'));
    db = new LmdbSafeDb({ path: join(dir, 'db') }, { log });
  });
  afterEach(async () => {
    await db.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('answers with the newest entry at or below the L1 block', async () => {
    await db.safeHeadUpdated(l2(10, 3), l1(5));
    await db.safeHeadUpdated(l2(20, 6), l1(300));
    expect(db.safeHeadAtL1(4n)).toBeNull();
    expect(db.safeHeadAtL1(5n)).toEqual(answer(5, 10));
    expect(db.safeHeadAtL1(299n)).toEqual(answer(5, 10));
    expect(db.safeHeadAtL1(300n)).toEqual(answer(300, 20));
    expect(db.safeHeadAtL1(2n ** 64n - 2n)).toEqual(answer(300, 20));
  });

  it('answers anew what it has answered before once an entry was written or a reset took it', async () => {
    const numbers = [5n, 7n, 300n, 400n];
    const safeHeads = () =>
      numbers.map((number) => Number(db.safeHeadAtL1(number)?.safeHead.number));
    await db.safeHeadUpdated(l2(10, 3), l1(5));
    expect(safeHeads()).toEqual([10, 10, 10, 10]);
    await db.safeHeadUpdated(l2(11, 3), l1(5));
    expect(safeHeads()).toEqual([11, 11, 11, 11]);
    await db.safeHeadUpdated(l2(20, 6), l1(300));
    expect(safeHeads()).toEqual([11, 11, 20, 20]);
    await db.safeHeadUpdated(l2(21, 6), l1(300));
    expect(safeHeads()).toEqual([11, 11, 21, 21]);
    await db.safeHeadReset(l2(15, 5));
    expect(safeHeads()).toEqual([11, 11, 15, 15]);
    await db.safeHeadUpdated(l2(12, 3), l1(6));
    expect(safeHeads()).toEqual([11, 12, 15, 15]);
  });

  it('finds nothing at the highest number, as op-node', async () => {
    await db.safeHeadUpdated(l2(10, 3), l1(5));
    expect(db.safeHeadAtL1(2n ** 64n - 1n)).toBeNull();
  });

  it('rewrites the entry that first reached the reset head and drops later ones', async () => {
    for (const [n, at] of [
      [10, 5],
      [20, 6],
      [30, 7],
    ] as const) {
      await db.safeHeadUpdated(l2(n, at - 2), l1(at));
    }
    await db.safeHeadReset(l2(15, 4));
    expect(db.safeHeadAtL1(5n)).toEqual(answer(5, 10));
    expect(db.safeHeadAtL1(6n)).toEqual(answer(6, 15));
    expect(db.safeHeadAtL1(9n)).toEqual(answer(6, 15));
  });

  it('does not claim when a head before the first entry became safe', async () => {
    await db.safeHeadUpdated(l2(10, 3), l1(5));
    await db.safeHeadUpdated(l2(20, 4), l1(6));
    await db.safeHeadReset(l2(4, 1));
    expect(db.safeHeadAtL1(9n)).toBeNull();
  });

  it('keeps everything when no entry reaches the reset head', async () => {
    await db.safeHeadUpdated(l2(10, 3), l1(5));
    await db.safeHeadReset(l2(11, 4));
    expect(db.safeHeadAtL1(5n)).toEqual(answer(5, 10));
  });

  it('says with which L1 block an L2 block became safe', async () => {
    const entries = [
      [10, 5],
      [20, 6],
      [20, 90],
      [30, 700],
      [40, 701],
    ] as const;
    expect(await db.l1AtSafeHead(0n)).toBe('ahead');
    expect(await db.lastEntry()).toBeNull();
    for (const [n, at] of entries) await db.safeHeadUpdated(l2(n, at - 2), l1(at));
    for (let number = 0; number <= 45; number += 1) {
      const first = entries.find(([n]) => n >= number);
      const expected = first === undefined ? 'ahead' : answer(first[1], first[0]);
      expect(await db.l1AtSafeHead(BigInt(number))).toEqual(number < 10 ? 'unknown' : expected);
    }
    expect(await db.lastEntry()).toEqual(answer(701, 40));
    await db.safeHeadReset(l2(25, 300));
    expect(await db.l1AtSafeHead(25n)).toEqual(answer(700, 25));
    expect(await db.l1AtSafeHead(26n)).toBe('ahead');
    expect(await db.lastEntry()).toEqual(answer(700, 25));
  });

  it('keeps its entries over a restart', async () => {
    await db.safeHeadUpdated(l2(10, 3), l1(5));
    await db.close();
    db = new LmdbSafeDb({ path: join(dir, 'db') }, { log });
    expect(db.safeHeadAtL1(5n)).toEqual(answer(5, 10));
  });

  describe('with many entries', () => {
    const COUNT = 10_000;
    const STEP = 2_000;
    /** Entry n: L1 block n made L2 block 10 n safe. Written in one go, as the file is otherwise written in. */
    const fill = async (): Promise<void> => {
      await db.close();
      const raw = openRaw();
      await raw.batch(() => {
        for (let n = 1; n <= COUNT; n += 1) {
          raw.put(entryKey(BigInt(n)), encodeEntry(l1(n), l2(10 * n, n)));
        }
      });
      await raw.close();
      db = new LmdbSafeDb({ path: join(dir, 'db') }, { log });
    };
    const openRaw = () =>
      open<Buffer, Buffer>({
        path: join(dir, 'db'),
        encoding: 'binary',
        keyEncoding: 'binary',
      });
    const keysOnDisk = async (): Promise<bigint[]> => {
      const raw = openRaw();
      const keys = [...raw.getKeys({})].map((key) => key.readBigUInt64BE());
      await raw.close();
      return keys;
    };
    const latest = 2n ** 64n - 2n;
    beforeEach(fill);

    it('answers by a reset at once, before what it made void is removed', async () => {
      await db.safeHeadReset(l2(15, 1));
      expect(db.safeHeadAtL1(2n)).toEqual(answer(2, 15));
      expect(db.safeHeadAtL1(latest)).toEqual(answer(2, 15));
      await db.close();
      // Closed in the middle of it.
      expect((await keysOnDisk()).length).toBeGreaterThan(STEP);
      db = new LmdbSafeDb({ path: join(dir, 'db') }, { log });
      expect(db.safeHeadAtL1(latest)).toEqual(answer(2, 15));
    });

    it('goes on with the removal after a restart', async () => {
      await db.safeHeadReset(l2(15, 1));
      await db.close();
      db = new LmdbSafeDb({ path: join(dir, 'db') }, { log });
      // A write above all of them finds them gone.
      await db.safeHeadUpdated(l2(99_999, 2), l1(COUNT + 1));
      await db.close();
      expect(await keysOnDisk()).toEqual([1n, 2n, BigInt(COUNT + 1)]);
      db = new LmdbSafeDb({ path: join(dir, 'db') }, { log });
      expect(db.safeHeadAtL1(latest)).toEqual(answer(COUNT + 1, 99_999));
    });

    it('takes new entries while old ones above them are removed', async () => {
      await db.safeHeadReset(l2(15, 1));
      await db.safeHeadUpdated(l2(16, 1), l1(3));
      expect(db.safeHeadAtL1(latest)).toEqual(answer(3, 16));
      await db.close();
      db = new LmdbSafeDb({ path: join(dir, 'db') }, { log });
      expect(db.safeHeadAtL1(latest)).toEqual(answer(3, 16));
    });

    it('is reset again while the first reset goes on', async () => {
      await db.safeHeadReset(l2(20_005, 2_000));
      await db.safeHeadReset(l2(30_000, 2_900));
      expect(db.safeHeadAtL1(latest)).toEqual(answer(2_001, 20_005));
      await db.safeHeadReset(l2(1_005, 100));
      expect(db.safeHeadAtL1(latest)).toEqual(answer(101, 1_005));
      await db.safeHeadUpdated(l2(1_006, 100), l1(2_500));
      expect(db.safeHeadAtL1(latest)).toEqual(answer(2_500, 1_006));
      expect(db.safeHeadAtL1(2_499n)).toEqual(answer(101, 1_005));
    });

    it('forgets everything in one go where nothing earlier is recorded', async () => {
      await db.safeHeadReset(ZERO_L2_REF);
      expect(db.safeHeadAtL1(latest)).toBeNull();
      await db.close();
      expect(await keysOnDisk()).toEqual([]);
      db = new LmdbSafeDb({ path: join(dir, 'db') }, { log });
    });

    it('removes a bounded number of entries between two turns of the event loop', async () => {
      const raw = openRaw();
      const onDisk: number[] = [COUNT];
      let isOver = false;
      const look = (): void => {
        if (isOver) return;
        onDisk.push(raw.getKeysCount({}));
        setImmediate(look);
      };
      setImmediate(look);
      await db.safeHeadReset(l2(15, 1));
      await db.safeHeadUpdated(l2(99_999, 2), l1(COUNT + 1));
      isOver = true;
      await raw.close();
      const drops = onDisk.slice(1).map((count, at) => (onDisk[at] ?? 0) - count);
      expect(Math.max(...drops)).toBeLessThanOrEqual(2 * STEP);
    });
  });

  it("lives in a folder of any name, beside the files of op-node's database", async () => {
    const path = join(dir, 'safedb.v1');
    mkdirSync(path);
    writeFileSync(join(path, 'MANIFEST-000001'), 'of op-node');
    const beside = new LmdbSafeDb({ path }, { log });
    await beside.safeHeadUpdated(l2(10, 5), l1(7));
    await beside.close();
    expect(readFileSync(join(path, 'MANIFEST-000001'), 'utf8')).toBe('of op-node');
    expect(readdirSync(path)).toContain('data.mdb');
  });

  it('names the path when it cannot be opened', () => {
    expect(() => new LmdbSafeDb({ path: '/dev/null/nowhere' }, { log })).toThrow(
      /\/dev\/null\/nowhere/,
    );
  });
});

describe('DisabledSafeDb', () => {
  it('says that it is not enabled', () => {
    expect(() => new DisabledSafeDb().safeHeadAtL1()).toThrow('safe head database not enabled');
  });
});
