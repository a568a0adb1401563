import { describe, expect, it } from 'vitest';
import { HISTORY_COLUMNS, History, type HistoryPoint, rowOf } from '../../../src/status/history.js';

function point(second: number, l1At: number | null): HistoryPoint {
  const unknown = Object.fromEntries(HISTORY_COLUMNS.map((column) => [column, null]));
  return { ...(unknown as unknown as HistoryPoint), timeMs: second * 1_000, l1At };
}

describe('History', () => {
  it('keeps the newest points, oldest first', () => {
    const history = new History({ points: 3, ms: 60_000 });
    for (let second = 0; second < 5; second += 1) history.add(point(second, second));
    const { columns, rows } = history.json();
    expect(columns[0]).toBe('timeMs');
    expect(rows).toEqual([2, 3, 4].map((second) => rowOf(point(second, second))));
  });

  it('lets go of what is too old, however few points there are', () => {
    const history = new History({ points: 100, ms: 60_000 });
    for (const second of [0, 10, 59, 61]) history.add(point(second, second));
    expect(history.json().rows).toEqual([10, 59, 61].map((second) => rowOf(point(second, second))));
  });

  it('measures a rate over its window', () => {
    const history = new History({ points: 100, ms: 60_000 });
    for (let second = 0; second < 50; second += 1) history.add(point(second, second * second));
    expect(history.rate('l1At', 10_000)).toBe((49 ** 2 - 39 ** 2) / 10);
  });

  it('has no rate before there are two points, nor of what is not known', () => {
    const history = new History({ points: 10, ms: 60_000 });
    expect(history.rate('l1At', 10_000)).toBeNull();
    history.add(point(0, 1));
    expect(history.rate('l1At', 10_000)).toBeNull();
    history.add(point(1, null));
    expect(history.rate('l1At', 10_000)).toBeNull();
    history.add(point(2, 5));
    expect(history.rate('l1At', 10_000)).toBe(2);
  });
});
