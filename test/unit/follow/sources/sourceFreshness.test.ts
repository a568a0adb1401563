import { describe, expect, it } from 'vitest';
import type { FollowStatus } from '../../../../src/follow/rules/followStatus.js';
import { SourceFreshness } from '../../../../src/follow/sources/sourceFreshness.js';
import type { L1BlockRef } from '../../../../src/types/block.js';
import { ZERO_L1_REF } from '../../../../src/types/block.js';
import { refsOn, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 30);
/** Of one slot. */
const SLOT_MS = 12_000;

interface Slot {
  readonly currentL1?: number | null;
  readonly headL1?: number | null;
  readonly safe?: number;
}

function status({ currentL1 = null, headL1 = null, safe = 5 }: Slot): FollowStatus {
  const ref = (number: number | null): L1BlockRef | null =>
    number === null ? null : l1Block(BigInt(number));
  return { ...statusOf(CHAIN, { safe, currentL1: ref(currentL1) }), headL1: ref(headL1) };
}

/** Reads a status each slot, while our L1 has that block; in which slots it was stale, and why. */
function staleSlots(
  slots: number,
  { source, ourL1 }: { source: (slot: number) => Slot; ourL1: (slot: number) => L1BlockRef | null },
): readonly (readonly [number, string])[] {
  const freshness = new SourceFreshness();
  return Array.from({ length: slots }, (_, slot) => {
    const seen = { l1Head: ourL1(slot), nowMs: slot * SLOT_MS };
    return [slot, freshness.note(status(source(slot)), seen)?.reason ?? ''] as const;
  }).filter(([, reason]) => reason !== '');
}

const moves = (slot: number) => l1Block(BigInt(1_000 + slot));
const stands = () => l1Block(1_000n);
const noL1 = () => null;

describe('a source that is fresh', () => {
  it.each<[string, (slot: number) => Slot]>([
    [
      'follows L1 without any batches',
      (slot) => ({ currentL1: 996 + slot, headL1: 1_000 + slot, safe: 5 }),
    ],
    [
      'is ten blocks behind our L1, all the time',
      (slot) => ({ currentL1: 990 + slot, headL1: 990 + slot }),
    ],
    ['is ahead of our L1', (slot) => ({ currentL1: 1_100 + slot, headL1: 1_100 + slot })],
    [
      'catches up after a long rest',
      (slot) => ({ currentL1: 100 + slot * 5, headL1: 1_000 + slot }),
    ],
    [
      'walks its current_l1 back, and comes again',
      (slot) => ({
        currentL1: slot < 30 ? 1_000 + slot : 900 + slot * 2,
        headL1: 1_000 + slot,
      }),
    ],
    ['says nothing of L1, but moves', (slot) => ({ safe: 5 + (slot % 3) })],
    [
      'rests for nine minutes in one L1 block',
      (slot) => ({ currentL1: 1_000 + slot - (slot % 45), headL1: 1_000 + slot }),
    ],
  ])('%s', (_, source) => {
    expect(staleSlots(100, { source, ourL1: moves })).toEqual([]);
  });

  it('is not judged by an L1 of ours that stands, is not known yet, or has slow blocks', () => {
    const source = () => ({ currentL1: 1_000, headL1: 1_000 });
    expect(staleSlots(100, { source, ourL1: stands })).toEqual([]);
    expect(staleSlots(100, { source, ourL1: () => ZERO_L1_REF })).toEqual([]);
    const slow = { ...l1Block(1_001n), timestamp: l1Block(1_000n).timestamp + 900n };
    expect(staleSlots(100, { source, ourL1: () => slow })).toEqual([]);
  });
});

describe('a source that is stale', () => {
  it('hides behind an answer that is ten blocks old: from the eleventh on, and until it moves', () => {
    const source = (slot: number) =>
      slot < 60 ? { currentL1: 1_000, headL1: 1_000 } : { currentL1: 1_000 + slot, headL1: 1_060 };
    const found = staleSlots(70, { source, ourL1: moves });
    expect(found[0]).toEqual([11, 'the L1 head of the source is far behind ours']);
    expect(found.at(-1)?.[0]).toBe(59);
    expect(found).toHaveLength(49);
  });

  it('is known by its first answer', () => {
    const source = () => ({ currentL1: 100, headL1: 100 });
    expect(staleSlots(1, { source, ourL1: moves })).toHaveLength(1);
  });

  it('has an L1 that stands while gossip moves it', () => {
    const source = (slot: number) => ({ currentL1: 999, headL1: 1_000, safe: 5 + (slot % 20) });
    expect(staleSlots(13, { source, ourL1: moves }).map(([slot]) => slot)).toEqual([11, 12]);
  });

  it('no longer derives while its L1 moves on: after ten minutes of L1', () => {
    const source = (slot: number) => ({ currentL1: 1_000, headL1: 1_000 + slot });
    const [first] = staleSlots(60, { source, ourL1: moves });
    expect(first).toEqual([51, 'current_l1 of the source stands while its L1 moves on']);
  });

  it.each([
    ['with an L1 of our own', moves],
    ['without one', noL1],
  ])('says nothing of L1 and nothing new for two minutes, %s', (_, ourL1) => {
    const [first] = staleSlots(20, { source: () => ({}), ourL1 });
    expect(first).toEqual([11, 'nothing in the status has changed while L1 moved on']);
  });

  it('has said nothing new since before our L1 was known', () => {
    const ourL1 = (slot: number) => (slot === 0 ? ZERO_L1_REF : moves(slot));
    expect(staleSlots(20, { source: () => ({}), ourL1 }).map(([slot]) => slot)[0]).toBe(12);
  });

  it('stands with its L1, where we have none to compare with', () => {
    const source = () => ({ currentL1: 1_000, headL1: 1_000 });
    expect(staleSlots(20, { source, ourL1: noL1 }).map(([slot]) => slot)[0]).toBe(11);
  });
});
