import { describe, expect, it } from 'vitest';
import { AcceptedMemory } from '../../../../src/follow/rules/acceptedMemory.js';
import { blockId } from '../../../../src/types/block.js';
import { UNKNOWN_HEADS } from '../../../../src/types/engineHeads.js';
import { at, refsOn } from '../../../support/followWorld.js';
import { GENESIS_REF, l1Block } from '../../../support/l2Chain.js';

const CHAIN = refsOn(GENESIS_REF, 9);
const SAFE = at(CHAIN, 5);
const HEADS = { ...UNKNOWN_HEADS, safe: SAFE };

function target(safe: typeof SAFE, l1: bigint | null) {
  const currentL1 = l1 === null ? null : l1Block(l1);
  return { localSafe: safe, safe, finalized: null, currentL1, mayReplaceSafe: false };
}

describe('AcceptedMemory', () => {
  it('knows only the origin of a safe head from before the start', () => {
    const memory = new AcceptedMemory();
    expect(memory.hasAccepted).toBe(false);
    expect(memory.dependencies(HEADS)).toEqual([SAFE.l1Origin]);
    expect(memory.dependencies(UNKNOWN_HEADS)).toEqual([]);
  });

  it('keeps the current_l1 that came with the head, not a later one', () => {
    const memory = new AcceptedMemory();
    memory.noteApplied(target(SAFE, 50n));
    memory.noteApplied(target(SAFE, 60n));
    expect(memory.hasAccepted).toBe(true);
    expect(memory.dependencies(HEADS)).toEqual([SAFE.l1Origin, l1Block(50n)]);
    memory.noteApplied(target(at(CHAIN, 6), 61n));
    const later = { ...HEADS, safe: at(CHAIN, 6) };
    expect(memory.dependencies(later).map(blockId)).toContainEqual(blockId(l1Block(61n)));
  });

  it('takes the first current_l1 that could be checked', () => {
    const memory = new AcceptedMemory();
    memory.noteApplied(target(SAFE, null));
    memory.noteApplied(target(SAFE, 51n));
    memory.noteApplied(target(SAFE, 60n));
    expect(memory.dependencies(HEADS)).toEqual([SAFE.l1Origin, l1Block(51n)]);
  });

  it('does not take a note for another head than the one it was made for', () => {
    const memory = new AcceptedMemory();
    memory.noteApplied(target(at(CHAIN, 6), 50n));
    expect(memory.dependencies(HEADS)).toEqual([SAFE.l1Origin]);
  });

  it('has no L1 block to name where the status had none', () => {
    const memory = new AcceptedMemory();
    memory.noteApplied(target(SAFE, null));
    expect(memory.dependencies(HEADS)).toEqual([SAFE.l1Origin]);
  });
});
