import { beforeEach, describe, expect, it } from 'vitest';
import type { FindForkchoiceOptions } from '../../../src/engine/findForkchoice.js';
import { findForkchoice, syncLookback } from '../../../src/engine/findForkchoice.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import type { L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import { FakeL1 } from '../../support/engineHarness.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeEngine } from '../../support/fakeEngine.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import type { MadeBlock } from '../../support/l2Chain.js';
import { GENESIS_REF, l1Block, makeBlock, makeChain, TEST_ROLLUP } from '../../support/l2Chain.js';
import { rejection } from '../../support/until.js';

const SIGNAL = new AbortController().signal;
// The made chain starts a new epoch every three blocks: block n has origin n / 3.
const chain = makeChain(GENESIS_REF, 120);
const at = (number: number): L2BlockRef =>
  number === 0 ? GENESIS_REF : (chain[number - 1] as MadeBlock).ref;

let engine: FakeEngine;
let l1: FakeL1;
let clock: FakeClock;
let log: FakeLogger;
beforeEach(() => {
  clock = new FakeClock();
  engine = new FakeEngine();
  l1 = new FakeL1();
  log = new FakeLogger();
});

function load(tip: number, labels: { safe?: number; finalized?: number } = {}): void {
  engine.importAsHead(...chain.slice(0, tip).map((b) => b.envelope));
  if (labels.safe !== undefined) engine.safeHash = at(labels.safe).hash;
  if (labels.finalized !== undefined) engine.finalizedHash = at(labels.finalized).hash;
}

function find(options: Partial<FindForkchoiceOptions> = {}) {
  return findForkchoice(
    { rollup: TEST_ROLLUP, skipSyncStartCheck: false, offsetElSafeSec: 0, ...options },
    { l1, l2: engine, clock, log },
    SIGNAL,
  );
}

describe('finding the forkchoice', () => {
  it('starts at genesis on a fresh execution layer', async () => {
    expect(await find()).toEqual({
      unsafe: GENESIS_REF,
      safe: GENESIS_REF,
      finalized: GENESIS_REF,
      isFinalizedProven: true,
    });
  });

  it('walks safe back to the last block of an epoch a full window below the canonical tip', async () => {
    load(90, { safe: 80, finalized: 6 });
    // Tip origin 30; the first block at or below the safe head with origin + 10 < 30 and sequence number 0 is
    // block 57 (origin 19): its parent is safe.
    expect(await find()).toEqual({
      unsafe: at(90),
      safe: at(56),
      finalized: at(6),
      isFinalizedProven: true,
    });
  });

  it('takes the block below a safe head that is itself far enough back', async () => {
    load(90, { safe: 57, finalized: 6 });
    expect(await find()).toMatchObject({ unsafe: at(90), safe: at(56) });
  });

  it('refuses a first block of an epoch that does not count from 0', async () => {
    load(30, { safe: 20, finalized: 6 });
    engine.setHead(at(27).hash);
    engine.head = { ...at(27), sequenceNumber: 2n };
    await expect(find()).rejects.toMatchObject({
      code: 'ENGINE_SYNC_START_FAILED',
      message: expect.stringContaining('non-zero sequence number'),
    });
  });

  it('never goes below the finalized head', async () => {
    load(90, { safe: 80, finalized: 70 });
    expect(await find()).toMatchObject({ unsafe: at(90), safe: at(70), finalized: at(70) });
  });

  it('keeps an unsafe head whose origin L1 does not know yet', async () => {
    load(90, { safe: 40, finalized: 6 });
    l1.head = 25n;
    // Counting starts at the highest block with a known origin: block 77, origin 25.
    expect(await find()).toMatchObject({ unsafe: at(90), safe: at(38) });
  });

  it('drops unsafe blocks whose origin is not canonical any more', async () => {
    load(90, { safe: 40, finalized: 6 });
    for (let number = 28n; number <= 40n; number += 1n) l1.forks.set(number, 'reorged');
    expect((await find()).unsafe).toEqual(at(83));
  });

  it('refuses a reorg deeper than five windows', async () => {
    const long = makeChain(GENESIS_REF, 200);
    engine.importAsHead(...long.map((b) => b.envelope));
    engine.safeHash = (long[2] as MadeBlock).ref.hash;
    engine.finalizedHash = (long[1] as MadeBlock).ref.hash;
    for (let number = 10n; number <= 70n; number += 1n) l1.forks.set(number, 'reorged');
    await expect(find()).rejects.toMatchObject({ code: 'ENGINE_REORG_TOO_DEEP' });
  });

  it('refuses another finalized chain than the one the head builds on', async () => {
    load(30, { safe: 20, finalized: 6 });
    const other = makeChain(at(4), 5, 'other');
    engine.import(...other.map((b) => b.envelope));
    engine.finalizedHash = (other[1] as MadeBlock).ref.hash;
    await expect(find()).rejects.toMatchObject({ code: 'ENGINE_FINALIZED_CONFLICT' });
  });

  it('refuses another L2 or L1 genesis', async () => {
    const genesis = { ...TEST_ROLLUP.genesis, l2: { hash: at(3).hash, number: 0n } };
    await expect(find({ rollup: { ...TEST_ROLLUP, genesis } })).rejects.toMatchObject({
      code: 'ENGINE_BLOCK_MISSING',
    });
    engine.finalizedHash = GENESIS_REF.hash;
    await expect(find({ rollup: { ...TEST_ROLLUP, genesis } })).rejects.toMatchObject({
      code: 'ENGINE_WRONG_CHAIN',
    });
    l1.forks.set(0n, 'other');
    await expect(find()).rejects.toMatchObject({ code: 'ENGINE_WRONG_CHAIN' });
  });

  it('recovers from a rewound execution layer at its tip', async () => {
    load(90, { safe: 80, finalized: 70 });
    engine.setHead(at(60).hash);
    expect(await find({ offsetElSafeSec: 11 })).toEqual({
      unsafe: at(60),
      safe: at(54),
      finalized: at(54),
      isFinalizedProven: false,
    });
    expect(log.messages('error')).toHaveLength(1);
  });

  it('recovers from a chain that was cut below its safe head alone', async () => {
    load(90, { safe: 80, finalized: 6 });
    engine.setHead(at(60).hash);
    expect(await find({ offsetElSafeSec: 11 })).toMatchObject({
      unsafe: at(60),
      safe: at(54),
      isFinalizedProven: false,
    });
  });

  it('waits for an execution layer without a head', async () => {
    const byLabel = engine.l2BlockRefByLabel.bind(engine);
    engine.l2BlockRefByLabel = async (label, signal) =>
      label === 'latest' ? null : byLabel(label, signal);
    engine.finalizedHash = GENESIS_REF.hash;
    await expect(find()).rejects.toMatchObject({
      code: 'ENGINE_BLOCK_MISSING',
      severity: 'temporary',
    });
  });

  it('follows L1 by hash once it has an origin: a reorg of L1 under the walk does not mix branches', async () => {
    load(90, { safe: 40, finalized: 6 });
    let reads = 0;
    const byHash = l1.l1BlockRefByHash.bind(l1);
    l1.l1BlockRefByHash = (hash) => {
      reads += 1;
      return byHash(hash);
    };
    l1.l1BlockRefByNumber = async (number) => l1Block(number, number === 30n ? '' : 'reorged');
    expect(await find()).toMatchObject({ unsafe: at(90), safe: at(38) });
    // Once for each origin, three blocks each.
    expect(reads).toBeLessThanOrEqual(30);
  });

  it('recovers from a sync that ended without labels, but not before 14 windows', async () => {
    const long = makeChain(GENESIS_REF, 430);
    const tip = long.at(-1) as MadeBlock;
    engine.importAsHead(...long.map((b) => b.envelope));
    expect(await find()).toMatchObject({ safe: tip.ref, finalized: tip.ref });
    engine.setHead((long[420] as MadeBlock).ref.hash);
    expect((await find()).finalized).toEqual(GENESIS_REF);
  });

  it('jumps to the safe head when the check is skipped', async () => {
    load(90, { safe: 20, finalized: 3 });
    let reads = 0;
    const byHash = engine.l2BlockRefByHash.bind(engine);
    engine.l2BlockRefByHash = (hash, signal) => {
      reads += 1;
      return byHash(hash, signal);
    };
    const full = await find();
    const walked = reads;
    reads = 0;
    const skipped = await find({ skipSyncStartCheck: true });
    expect(skipped).toEqual(full);
    expect(reads).toBeLessThan(walked / 5);
  });

  it('ends where the safe head is the tip and the check is skipped', async () => {
    load(20, { safe: 20, finalized: 3 });
    expect(await find({ skipSyncStartCheck: true })).toMatchObject({ safe: at(3) });
  });

  it.each([
    ['skips an origin', (parent: L2BlockRef) => makeBlock(parent, { origin: l1Block(9n) })],
    [
      'has an origin of another branch',
      (parent: L2BlockRef) =>
        makeBlock(parent, {
          origin: { ...l1Block(5n), hash: l1Block(5n, 'x').hash } as L1BlockRef,
        }),
    ],
  ])('refuses a block that %s', async (_name, make) => {
    load(12, { safe: 6, finalized: 3 });
    const bad = make(at(12));
    engine.importAsHead(bad.envelope);
    if (bad.ref.l1Origin.number === 5n) {
      // The branch's block is canonical now, but its parent is not the origin of the L2 parent.
      l1.forks.set(5n, 'x');
      l1.forks.set(4n, 'x');
    }
    await expect(find()).rejects.toMatchObject({ code: 'ENGINE_SYNC_START_FAILED' });
  });

  it('looks back the longer of the sequencing and the challenge windows', () => {
    expect(syncLookback(TEST_ROLLUP)).toBe(10n);
    const altDa = {
      daChallengeAddress: TEST_ROLLUP.batchInboxAddress,
      daCommitmentType: 'KeccakCommitment',
      daChallengeWindow: 8n,
      daResolveWindow: 9n,
    };
    expect(syncLookback({ ...TEST_ROLLUP, altDa })).toBe(17n);
  });
});

describe('a walk whose requests fail', () => {
  const TURNED_AWAY = new NodeError(
    'TRANSPORT_HTTP_STATUS',
    'endpoint answered with an HTTP error',
    {
      severity: 'temporary',
    },
  );
  let reads: number;
  /** Says by the count of calls so far whether a call by hash or number fails, of either source. */
  let fails: (call: number) => boolean;
  beforeEach(() => {
    reads = 0;
    fails = () => false;
    load(90, { safe: 80, finalized: 6 });
    const failing =
      <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        reads += 1;
        if (fails(reads)) throw TURNED_AWAY;
        return call(...args);
      };
    engine.l2BlockRefByHash = failing(engine.l2BlockRefByHash.bind(engine));
    l1.l1BlockRefByHash = failing(l1.l1BlockRefByHash.bind(l1));
    l1.l1BlockRefByNumber = failing(l1.l1BlockRefByNumber.bind(l1));
  });

  function failWhen(when: (call: number) => boolean): void {
    fails = when;
    reads = 0;
  }

  /** Its outcome, however long its waits are. */
  async function found(signal = SIGNAL) {
    const finding = findForkchoice(
      { rollup: TEST_ROLLUP, skipSyncStartCheck: false, offsetElSafeSec: 0 },
      { l1, l2: engine, clock, log },
      signal,
    );
    let isSettled = false;
    const settled = finding.then(
      () => (isSettled = true),
      () => (isSettled = true),
    );
    while (!isSettled) await clock.advance(clock.nextTimerInMs ?? 0);
    await settled;
    return finding;
  }

  it.each([3, 10, 30])('goes on from where it was when every %dth request fails', async (nth) => {
    const expected = await find();
    const needed = reads;
    failWhen((call) => call % nth === 0);
    expect(await found()).toEqual(expected);
    // A failed request, and the questions whether the place still holds: no way is gone twice.
    expect(reads).toBeLessThan(needed * (1 + 4 / (nth - 1)) + 4);
  });

  it('begins with a short wait again after each step forward, and waits longer where it does not come on', async () => {
    failWhen((call) => call === 10 || call === 20 || (call > 30 && call < 34));
    await found();
    const delays = log
      .find('Failed to find the L2 heads to start from')
      .map(({ fields }) => fields.delayMs);
    expect(delays).toEqual([100, 100, 100, 200, 400]);
  });

  it('begins again where the labels have moved meanwhile', async () => {
    failWhen((call) => {
      if (call === 20) engine.safeHash = at(40).hash;
      return call === 20;
    });
    await expect(found()).rejects.toMatchObject({
      code: 'ENGINE_SYNC_START_FAILED',
      severity: 'temporary',
    });
    expect(await found()).toMatchObject({ unsafe: at(90), safe: at(38) });
  });

  it('begins again where L1 has left the branch meanwhile', async () => {
    failWhen((call) => {
      if (call === 20) for (let n = 28n; n <= 40n; n += 1n) l1.forks.set(n, 'reorged');
      return call === 20;
    });
    await expect(found()).rejects.toMatchObject({ code: 'ENGINE_SYNC_START_FAILED' });
    expect((await found()).unsafe).toEqual(at(83));
  });

  it('waits for an endpoint that does not have a block yet, but not for ever', async () => {
    const byHash = l1.l1BlockRefByHash.bind(l1);
    let missing = 2;
    l1.l1BlockRefByHash = async (hash) => (missing-- > 0 ? null : byHash(hash));
    expect(await found()).toMatchObject({ safe: at(56) });
    missing = Number.POSITIVE_INFINITY;
    await expect(found()).rejects.toMatchObject({ code: 'ENGINE_BLOCK_MISSING' });
  });

  it('ends at once when the node stops', async () => {
    failWhen((call) => call > 10);
    const stop = new AbortController();
    const finding = rejection(
      findForkchoice(
        { rollup: TEST_ROLLUP, skipSyncStartCheck: false, offsetElSafeSec: 0 },
        { l1, l2: engine, clock, log },
        stop.signal,
      ),
    );
    await clock.advance(5_000);
    stop.abort();
    expect(await finding).toMatchObject({ code: 'ABORTED' });
    expect(clock.pendingTimers).toBe(0);
  });
});
