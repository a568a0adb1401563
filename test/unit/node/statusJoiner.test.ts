import { describe, expect, it } from 'vitest';
import { StatusJoiner } from '../../../src/node/statusJoiner.js';
import { WatchCell } from '../../../src/runtime/watch.js';
import { ZERO_L1_REF } from '../../../src/types/block.js';
import type { DerivedL1 } from '../../../src/types/derivedL1.js';
import { NOTHING_DERIVED } from '../../../src/types/derivedL1.js';
import type { EngineHeads } from '../../../src/types/engineHeads.js';
import { UNKNOWN_HEADS } from '../../../src/types/engineHeads.js';
import type { L1Heads } from '../../../src/types/l1Heads.js';
import { l1Block, l2Block } from '../../support/deriveFakes.js';
import { rejection } from '../../support/until.js';

const LABELS: L1Heads = { head: l1Block(20), safe: l1Block(15), finalized: l1Block(10) };
const HEADS: EngineHeads = {
  ...UNKNOWN_HEADS,
  unsafe: l2Block(9),
  safe: l2Block(6),
  currentL1: l1Block(12),
};

/** In the epoch of `HEADS`. */
const derivedUpTo = (number: number): DerivedL1 => ({ currentL1: l1Block(number), resetEpoch: 0 });

function joiner(derivedL1: WatchCell<DerivedL1> | null) {
  const heads = new WatchCell(HEADS);
  const l1 = new WatchCell(LABELS);
  return { heads, l1, status: new StatusJoiner({ heads, l1, derivedL1 }) };
}

describe('the joined status', () => {
  it("takes current_l1 from the engine's snapshot where nothing derives", () => {
    const { status } = joiner(null);
    expect(status.get()).toMatchObject({
      currentL1: l1Block(12),
      headL1: l1Block(20),
      safeL1: l1Block(15),
      finalizedL1: l1Block(10),
      currentL1Finalized: l1Block(10),
      unsafeL2: l2Block(9),
      safeL2: l2Block(6),
    });
  });

  it('tells of the block that the execution layer was sent after as unsafe head', () => {
    const { status, heads } = joiner(null);
    heads.set({ ...HEADS, sought: l2Block(20) });
    expect(status.get().unsafeL2).toEqual(l2Block(20));
    heads.set({ ...HEADS, unsafe: l2Block(20) });
    expect(status.get().unsafeL2).toEqual(l2Block(20));
  });

  it('takes current_l1 from derivation where there is one', () => {
    const derivedL1 = new WatchCell(NOTHING_DERIVED);
    const { status } = joiner(derivedL1);
    expect(status.get().currentL1).toBe(ZERO_L1_REF);
    derivedL1.set(derivedUpTo(13));
    expect(status.get().currentL1).toEqual(l1Block(13));
  });

  it('knows no current_l1 from a reset of the engine until derivation has begun again', () => {
    const derivedL1 = new WatchCell(derivedUpTo(13));
    const { status, heads } = joiner(derivedL1);
    heads.set({ ...HEADS, safe: l2Block(2), resetEpoch: 1 });
    expect(status.get().currentL1).toBe(ZERO_L1_REF);
    derivedL1.set({ ...derivedUpTo(11), resetEpoch: 1 });
    expect(status.get().currentL1).toEqual(l1Block(11));
  });

  it('is the same object until a part of it changes', () => {
    const derivedL1 = new WatchCell(derivedUpTo(13));
    const { status, heads, l1 } = joiner(derivedL1);
    const seen = [status.get()];
    expect(status.get()).toBe(seen[0]);
    heads.set({ ...HEADS, safe: l2Block(7) });
    seen.push(status.get());
    l1.set({ ...LABELS, head: l1Block(21) });
    seen.push(status.get());
    derivedL1.set(derivedUpTo(14));
    seen.push(status.get());
    expect(new Set(seen).size).toBe(4);
  });

  it('tells who waits for it of a change of any part', async () => {
    const derivedL1 = new WatchCell(derivedUpTo(13));
    const { status, heads, l1 } = joiner(derivedL1);
    const changes = [
      () => heads.set({ ...HEADS, safe: l2Block(7) }),
      () => l1.set({ ...LABELS, head: l1Block(21) }),
      () => derivedL1.set(derivedUpTo(14)),
    ];
    for (const change of changes) {
      const seen = status.get();
      const changed = status.changed(seen, new AbortController().signal);
      change();
      expect(await changed).toBe(status.get());
      expect(await changed).not.toBe(seen);
      expect(await status.changed(seen, new AbortController().signal)).toBe(status.get());
    }
    const stop = new AbortController();
    const waiting = status.changed(status.get(), stop.signal);
    stop.abort();
    expect(await rejection(waiting)).toMatchObject({ code: 'ABORTED' });
  });
});
