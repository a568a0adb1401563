import { describe, expect, it } from 'vitest';
import { l2Ref } from '../../../conformance/l2Ref.js';
import { statusAtL1 } from '../../../conformance/statusAtL1.js';
import { recordedWorld } from '../../../devnet/followRig.js';

describe.each(['forks', 'adversarial'] as const)('status of world %s at an L1 height', (name) => {
  const world = recordedWorld(name);

  it('is the recorded status at the recorded head', () => {
    expect(statusAtL1(world, world.facts.l1.head)).toEqual(world.status);
  });

  it('stands at genesis before anything was derived', () => {
    const status = statusAtL1(world, 0);
    expect(status.safe_l2.hash).toBe(world.rollup.genesis.l2.hash);
    expect(status.finalized_l2.hash).toBe(world.rollup.genesis.l2.hash);
  });

  it('keeps finalized <= safe <= unsafe and never goes back', () => {
    let last = statusAtL1(world, 0, 'sequencer');
    for (let height = 1; height <= world.facts.l1.head; height += 1) {
      const status = statusAtL1(world, height, 'sequencer');
      expect(status.finalized_l2.number).toBeLessThanOrEqual(status.safe_l2.number);
      expect(status.safe_l2.number).toBeLessThanOrEqual(status.unsafe_l2.number);
      expect(status.safe_l2.number).toBeGreaterThanOrEqual(last.safe_l2.number);
      last = status;
    }
  });

  it('reads the same references from the blocks as op-node did', () => {
    const refs = world.outputs.map((output) => output.blockRef);
    const read = world.l2.slice(0, refs.length).map((block) => l2Ref(block, world.rollup));
    expect(read).toEqual(refs);
  });
});
