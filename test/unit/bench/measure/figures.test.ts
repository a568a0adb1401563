import { describe, expect, it } from 'vitest';
import { type Figure, Figures } from '../../../../bench/measure/figures.js';

const table = (...figures: readonly Figure[]): readonly string[] => {
  const all = new Figures();
  for (const figure of figures) all.add(figure);
  return all.table();
};

describe('the table of figures', () => {
  it('is none without figures', () => {
    expect(table()).toEqual([]);
  });

  it('says of each whether its goal holds, and of all how many do', () => {
    expect(
      table(
        { what: 'a', unit: 'ms', ours: 50, goal: { most: 50 } },
        { what: 'b', unit: 'ms', ours: 50.1, theirs: 10, goal: { most: 50 } },
        { what: 'c', unit: 'MiB', ours: 149, theirs: 100, goal: { mostTimes: 1.5 } },
        { what: 'd', unit: 'MiB', ours: 151, theirs: 100, goal: { mostTimes: 1.5 } },
        { what: 'e', unit: '1/s', ours: 20_000, theirs: 9_999, goal: { leastTimes: 2 } },
        { what: 'f', unit: '1/s', ours: 1.5, theirs: 1, goal: { leastTimes: 2 } },
      ),
    ).toEqual([
      '| figure | unit | slipstream | op-node | ratio | goal | holds |',
      '|---|---|--:|--:|--:|--:|---|',
      '| a | ms | 50.0 |  |  | <= 50 | yes |',
      '| b | ms | 50.1 | 10.0 | 5.01 | <= 50 | NO |',
      '| c | MiB | 149 | 100 | 1.49 | <= 1.5 x | yes |',
      '| d | MiB | 151 | 100 | 1.51 | <= 1.5 x | NO |',
      '| e | 1/s | 20,000 | 9,999 | 2.00 | >= 2 x | yes |',
      '| f | 1/s | 1.50 | 1.00 | 1.50 | >= 2 x | NO |',
      '',
      '3 of 6 goals hold',
    ]);
  });

  it('judges nothing that has no goal, or nothing to compare with', () => {
    const [, , first, second, , summary] = table(
      { what: 'a', unit: 'ms', ours: 1, theirs: 0 },
      { what: 'b', unit: 'ms', ours: 1, goal: { mostTimes: 1 } },
    );
    expect([first, second, summary]).toEqual([
      '| a | ms | 1.00 | 0.00 |  |  |  |',
      '| b | ms | 1.00 |  |  | <= 1 x |  |',
      '0 of 0 goals hold',
    ]);
  });
});
