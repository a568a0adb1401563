import { beforeEach, describe, expect, it } from 'vitest';
import {
  type AltDaFinality,
  defaultFinalityLookback,
  Finalizer,
} from '../../../../src/derive/actors/finalizer.js';
import type { FinalTo } from '../../../../src/derive/altda/altDa.js';
import type { Watch } from '../../../../src/runtime/watch.js';
import type { L1BlockRef } from '../../../../src/types/block.js';
import type { L1Labels } from '../../../../src/types/l1Heads.js';
import { altDaConfig } from '../../../support/altDaRig.js';
import { FakeDeriveEngine, l1Labels } from '../../../support/deriveEngine.js';
import { l1Block, l2Block, NEVER, numberedHash } from '../../../support/deriveFakes.js';
import { expectWaits } from '../../../support/expectWaits.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { rejection } from '../../../support/until.js';

const HEAD = l1Block(500);

describe('finalizer', () => {
  let engine: FakeDeriveEngine;
  let labels: Watch<L1Labels>;
  let log: FakeLogger;
  let heldBack: boolean[];
  let finalizer: Finalizer;
  /** L1 by number where it is not the usual chain. */
  let l1: Map<bigint, L1BlockRef | null>;

  beforeEach(() => make(129, 64n));

  function make(
    lookbackBlocks: number,
    delayBlocks: bigint,
    altDa: AltDaFinality | null = null,
  ): void {
    engine = new FakeDeriveEngine();
    engine.reset(l2Block(0));
    labels = l1Labels(HEAD);
    log = new FakeLogger();
    heldBack = [];
    l1 = new Map();
    finalizer = new Finalizer(
      { lookbackBlocks, delayBlocks },
      {
        engine,
        labels,
        l1: {
          l1BlockRefByNumber: async (number) =>
            l1.has(number) ? (l1.get(number) ?? null) : l1Block(number),
        },
        recordHeldBack: (isHeldBack) => heldBack.push(isHeldBack),
        altDa,
        log,
      },
    );
  }

  /** L2 block `2n` was the last that became safe with L1 block `n`. */
  function derive(from: number, to: number): void {
    for (let number = from; number <= to; number += 1) {
      finalizer.safeDerived(l2Block(2 * number - 1), l1Block(number));
      finalizer.safeDerived(l2Block(2 * number), l1Block(number));
    }
  }

  const signal = (number: number) => labels.set({ head: HEAD, finalized: l1Block(number) });
  const finalized = () => engine.finalized.map(({ number }) => number);

  it('finalizes the last block that was derived from final L1 data', async () => {
    derive(11, 30);
    signal(20);
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([40n]);
    await expectWaits(finalizer);
  });

  it('waits for a signal or for derivation, and tries once for each', async () => {
    derive(11, 30);
    const waiting = finalizer.step(NEVER);
    signal(20);
    await waiting;
    await finalizer.step(NEVER);
    const again = finalizer.step(NEVER);
    signal(21);
    await again;
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([40n, 42n]);
  });

  describe('with alternative data availability', () => {
    let finalTo: FinalTo | null;
    let asked: bigint[];
    let recorded: bigint[];

    beforeEach(() => {
      finalTo = null;
      asked = [];
      recorded = [];
      make(100, 64n, {
        finalTo: (number) => {
          asked.push(number);
          return finalTo;
        },
        recordFinalTo: (number) => recorded.push(number),
      });
      derive(11, 30);
      signal(20);
    });

    it('finalizes nothing while nothing can be said', async () => {
      await expectWaits(finalizer);
      expect([finalized(), asked]).toEqual([[], [20n]]);
    });

    it('finalizes up to what the windows leave, by its block or its number', async () => {
      finalTo = { kind: 'number', number: 12n };
      await finalizer.step(NEVER);
      expect(finalized()).toEqual([24n]);
      finalTo = { kind: 'block', block: l1Block(14) };
      signal(21);
      await finalizer.step(NEVER);
      expect(finalized()).toEqual([24n, 28n]);
      expect(recorded).toEqual([12n, 14n]);
    });

    it('never goes back, and says nothing of it', async () => {
      finalTo = { kind: 'number', number: 15n };
      await finalizer.step(NEVER);
      finalTo = { kind: 'block', block: l1Block(12) };
      signal(21);
      await expectWaits(finalizer);
      expect([finalized(), log.lines]).toEqual([[30n], []]);
    });

    it('looks again whenever derivation comes to rest', async () => {
      await expectWaits(finalizer);
      finalTo = { kind: 'block', block: l1Block(13) };
      finalizer.derivationIdle(l1Block(30));
      await finalizer.step(NEVER);
      expect(finalized()).toEqual([26n]);
    });

    it('waits for a block that L1 lacks, and refuses one that is not on its chain', async () => {
      finalTo = { kind: 'number', number: 12n };
      l1.set(12n, null);
      await expectWaits(finalizer);
      l1.clear();
      finalTo = { kind: 'block', block: l1Block(12, { hash: numberedHash(12, 'f') }) };
      finalizer.derivationIdle(l1Block(30));
      await expect(finalizer.step(NEVER)).rejects.toMatchObject({
        code: 'DERIVE_FINALITY_CONFLICT',
      });
    });

    it('remembers at least the windows', () => {
      const windows = (daChallengeWindow: bigint, daResolveWindow: bigint) =>
        altDaConfig({ daChallengeWindow, daResolveWindow });
      expect([null, windows(64n, 63n), windows(64n, 65n)].map(defaultFinalityLookback)).toEqual([
        129, 129, 130,
      ]);
    });
  });

  it('finalizes nothing that is final already', async () => {
    derive(11, 30);
    engine.move({ finalized: l2Block(40) });
    signal(20);
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([]);
  });

  it('catches up with an older signal when derivation comes to rest', async () => {
    signal(20);
    await finalizer.step(NEVER);
    derive(11, 30);
    finalizer.derivationIdle(l1Block(30));
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([40n]);
  });

  it('tries again after the delay only', async () => {
    signal(400);
    await finalizer.step(NEVER);
    derive(11, 30);
    finalizer.derivationIdle(l1Block(30));
    await finalizer.step(NEVER);
    derive(31, 94);
    finalizer.derivationIdle(l1Block(94));
    await expectWaits(finalizer);
    derive(95, 95);
    finalizer.derivationIdle(l1Block(95));
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([60n, 190n]);
  });

  it.each([
    ['a reset', async () => finalizer.reset()],
    [
      'a new signal',
      async () => {
        signal(401);
        await finalizer.step(NEVER);
      },
    ],
  ])('need not wait for the delay after %s', async (_, change) => {
    signal(400);
    await finalizer.step(NEVER);
    derive(11, 30);
    finalizer.derivationIdle(l1Block(30));
    await finalizer.step(NEVER);
    await change();
    derive(31, 31);
    finalizer.derivationIdle(l1Block(31));
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([60n, 62n]);
  });

  it('takes another block of the same height as a new signal', async () => {
    const other = { ...l1Block(20), hash: l1Block(77).hash };
    labels.set({ head: HEAD, finalized: other });
    await finalizer.step(NEVER);
    derive(11, 30);
    signal(20);
    await finalizer.step(NEVER);
    expect(log.messages('error')).toEqual([]);
    expect(finalized()).toEqual([40n]);
  });

  it('does not try while L1 has told no finality', async () => {
    derive(11, 30);
    finalizer.derivationIdle(l1Block(30));
    await expectWaits(finalizer);
    expect(finalized()).toEqual([]);
  });

  it('remembers no more L1 blocks than the lookback', async () => {
    make(5, 64n);
    derive(11, 30);
    signal(25);
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([]);
    signal(26);
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([52n]);
  });

  describe('a lookback that is shorter than the lag of L1 finality', () => {
    /** L1 grows block by block, final eight behind its head. */
    async function follow(from: number, to: number): Promise<void> {
      for (let number = from; number <= to; number += 1) {
        derive(number, number);
        signal(number - 8);
        await finalizer.step(NEVER);
      }
    }
    const warnings = () => log.messages('warn').length;

    it('is warned about once, with the setting, and shown', async () => {
      make(4, 64n);
      await follow(20, 45);
      expect(finalized()).toEqual([]);
      expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
      expect(log.lines.at(-1)).toMatchObject({
        level: 'warn',
        message: expect.stringContaining('--finality.lookback'),
        fields: {
          lookback: 4,
          finalized_l1: { number: 20n },
          oldest_remembered_l1: { number: 25n },
        },
      });
      expect(heldBack).toEqual([true]);
    });

    it('is over once finality comes within it, and told again the next time', async () => {
      make(4, 64n);
      await follow(20, 45);
      signal(43);
      await finalizer.step(NEVER);
      expect(finalized()).toEqual([86n]);
      expect(heldBack).toEqual([true, false]);
      await follow(53, 80);
      expect(heldBack).toEqual([true, false, true]);
      expect(warnings()).toBe(2);
    });

    it('is not found where it is long enough, nor where finality stands still or catches up', async () => {
      make(9, 64n);
      await follow(20, 45);
      expect(finalized().at(-1)).toBe(74n);
      // L1 finalizes nothing for a long time, and then all at once.
      derive(46, 400);
      finalizer.derivationIdle(l1Block(400));
      await finalizer.step(NEVER);
      signal(395);
      await finalizer.step(NEVER);
      expect(finalized().at(-1)).toBe(790n);
      expect(warnings()).toBe(0);
      expect(heldBack).toEqual([]);
    });

    it('is not known after a reset', async () => {
      make(4, 64n);
      derive(20, 45);
      finalizer.reset();
      signal(37);
      await finalizer.step(NEVER);
      expect(warnings()).toBe(0);
    });
  });

  it('ignores a signal that goes back', async () => {
    derive(11, 30);
    signal(20);
    await finalizer.step(NEVER);
    const waiting = finalizer.step(NEVER);
    signal(15);
    await waiting;
    const last = finalizer.step(NEVER);
    expect(log.messages('error')).toEqual([
      'ignoring old L1 finalized block signal! Is the L1 provider corrupted?',
    ]);
    signal(21);
    await last;
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([40n, 42n]);
  });

  it('forgets what it knew at a reset', async () => {
    derive(11, 30);
    finalizer.reset();
    derive(12, 12);
    signal(20);
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([24n]);
  });

  it.each([
    ['the finality signal', 25n],
    ['the block derived from', 20n],
  ])('needs a reset, once, when L1 has another block than %s', async (_, number) => {
    derive(11, 20);
    signal(25);
    l1.set(number, { ...l1Block(number), hash: l1Block(77).hash });
    expect(await rejection(finalizer.step(NEVER))).toMatchObject({
      code: 'DERIVE_FINALITY_CONFLICT',
      severity: 'reset',
    });
    await expectWaits(finalizer);
    // What was derived before the reset to come does not count any more.
    l1.clear();
    signal(26);
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([]);
  });

  it('tries again when L1 does not answer for now', async () => {
    derive(11, 20);
    signal(25);
    l1.set(25n, null);
    expect(await rejection(finalizer.step(NEVER))).toMatchObject({ severity: 'temporary' });
    l1.clear();
    await finalizer.step(NEVER);
    expect(finalized()).toEqual([40n]);
  });

  it('finalizes nothing that was derived before a reset of the engine', async () => {
    derive(11, 20);
    signal(25);
    const trying = finalizer.step(NEVER);
    engine.reset(l2Block(3));
    await trying;
    expect(finalized()).toEqual([]);
  });
});
