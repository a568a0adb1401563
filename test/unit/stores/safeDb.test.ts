import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DisabledSafeDb } from '../../../src/stores/disabledSafeDb.js';
import { LmdbSafeDb } from '../../../src/stores/safeDb.js';
import type { Logger } from '../../../src/telemetry/logger.js';
import type { Hash, L2BlockRef } from '../../../src/types/block.js';

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
    expect(await db.safeHeadAtL1(4n)).toBeNull();
    expect(await db.safeHeadAtL1(5n)).toEqual(answer(5, 10));
    expect(await db.safeHeadAtL1(299n)).toEqual(answer(5, 10));
    expect(await db.safeHeadAtL1(300n)).toEqual(answer(300, 20));
    expect(await db.safeHeadAtL1(2n ** 64n - 2n)).toEqual(answer(300, 20));
  });

  it('finds nothing at the highest number, as op-node', async () => {
    await db.safeHeadUpdated(l2(10, 3), l1(5));
    expect(await db.safeHeadAtL1(2n ** 64n - 1n)).toBeNull();
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
    expect(await db.safeHeadAtL1(5n)).toEqual(answer(5, 10));
    expect(await db.safeHeadAtL1(6n)).toEqual(answer(6, 15));
    expect(await db.safeHeadAtL1(9n)).toEqual(answer(6, 15));
  });

  it('does not claim when a head before the first entry became safe', async () => {
    await db.safeHeadUpdated(l2(10, 3), l1(5));
    await db.safeHeadUpdated(l2(20, 4), l1(6));
    await db.safeHeadReset(l2(4, 1));
    expect(await db.safeHeadAtL1(9n)).toBeNull();
  });

  it('keeps everything when no entry reaches the reset head', async () => {
    await db.safeHeadUpdated(l2(10, 3), l1(5));
    await db.safeHeadReset(l2(11, 4));
    expect(await db.safeHeadAtL1(5n)).toEqual(answer(5, 10));
  });

  it('keeps its entries over a restart', async () => {
    await db.safeHeadUpdated(l2(10, 3), l1(5));
    await db.close();
    db = new LmdbSafeDb({ path: join(dir, 'db') }, { log });
    expect(await db.safeHeadAtL1(5n)).toEqual(answer(5, 10));
  });

  it('names the path when it cannot be opened', () => {
    expect(() => new LmdbSafeDb({ path: '/dev/null/nowhere' }, { log })).toThrow(
      /\/dev\/null\/nowhere/,
    );
  });
});

describe('DisabledSafeDb', () => {
  it('says that it is not enabled', async () => {
    await expect(new DisabledSafeDb().safeHeadAtL1()).rejects.toThrow(
      'safe head database not enabled',
    );
  });
});
