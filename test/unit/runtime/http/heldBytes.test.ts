import { describe, expect, it } from 'vitest';
import { HeldBytes, type Holder } from '../../../../src/runtime/http/heldBytes.js';

class FakeHolder implements Holder {
  isCut = false;
  constructor(public heldBytes: number) {}
  cut(): void {
    this.isCut = true;
    this.heldBytes = 0;
  }
}

describe('HeldBytes', () => {
  const holders = (...bytes: number[]): FakeHolder[] => bytes.map((b) => new FakeHolder(b));
  const cutOf = (all: readonly FakeHolder[]): boolean[] => all.map(({ isCut }) => isCut);

  it('cuts those that hold most until the bound is kept', () => {
    const held = new HeldBytes(100);
    const all = holders(10, 40, 30, 20);
    for (const holder of all) held.changed(holder);
    expect(cutOf(all)).toEqual([false, false, false, false]);
    const [last] = holders(45);
    if (last !== undefined) held.changed(last);
    expect([...cutOf(all), last?.isCut]).toEqual([false, false, false, false, true]);
    const [small] = all;
    if (small !== undefined) small.heldBytes = 21;
    if (small !== undefined) held.changed(small);
    expect(cutOf(all)).toEqual([false, true, false, false]);
  });

  it('looks anew before it cuts: what was let go in the meantime does not count', () => {
    const held = new HeldBytes(100);
    const [first, second] = holders(90, 50) as [FakeHolder, FakeHolder];
    held.changed(first);
    first.heldBytes = 0;
    held.changed(second);
    expect(cutOf([first, second])).toEqual([false, false]);
  });

  it('forgets whose connection is gone', () => {
    const held = new HeldBytes(100);
    const [first, second] = holders(90, 50) as [FakeHolder, FakeHolder];
    held.changed(first);
    held.gone(first);
    held.changed(second);
    expect(cutOf([first, second])).toEqual([false, false]);
  });
});
