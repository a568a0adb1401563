import { describe, expect, it } from 'vitest';
import { WatchCell } from '../../../src/runtime/watch.js';
import { countingSignal } from '../../support/countingSignal.js';
import { FakeClock } from '../../support/fakeClock.js';
import { rejection } from '../../support/until.js';

const never = new AbortController().signal;

describe('WatchCell', () => {
  it('gives the newest value', () => {
    const cell = new WatchCell(1);
    cell.set(2);
    cell.set(3);
    expect(cell.get()).toBe(3);
  });

  it('resolves at once for a reader that has not seen the value', async () => {
    const cell = new WatchCell('b');
    expect(await cell.changed('a', never)).toBe('b');
  });

  it('wakes every waiting reader with the new value', async () => {
    const cell = new WatchCell(1);
    const readers = [cell.changed(1, never), cell.changed(1, never)];
    cell.set(2);
    expect(await Promise.all(readers)).toEqual([2, 2]);
  });

  it('does not wake for the same object, nor for one that the reader has seen', async () => {
    const seen = { n: 1 };
    const cell = new WatchCell(seen);
    let woken = 0;
    void cell.changed(seen, never).then(() => woken++);
    cell.set(seen);
    await new FakeClock().flush();
    expect(woken).toBe(0);
    cell.set({ n: 1 });
    await new FakeClock().flush();
    expect(woken).toBe(1);
  });

  it('lets a slow reader see only the newest value', async () => {
    const cell = new WatchCell(0);
    for (const n of [1, 2, 3]) cell.set(n);
    expect(await cell.changed(0, never)).toBe(3);
  });

  it('wakes with ABORTED when the signal fires, and leaves no listener otherwise', async () => {
    const cell = new WatchCell(0);
    const stop = new AbortController();
    const failed = rejection(cell.changed(0, stop.signal));
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    expect(await rejection(cell.changed(1, stop.signal))).toMatchObject({ code: 'ABORTED' });
    const counting = countingSignal();
    const changed = cell.changed(0, counting.signal);
    cell.set(1);
    await changed;
    await cell.changed(0, counting.signal);
    expect([counting.added(), counting.listeners()]).toEqual([2, 0]);
  });
});
