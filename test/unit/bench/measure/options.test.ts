import { describe, expect, it } from 'vitest';
import { benchOptions } from '../../../../bench/measure/options.js';
import { SetupError } from '../../../../devnet/setupError.js';

const OPTIONS = {
  runs: { default: 9, about: 'runs of each', min: 1, max: 20 },
  intervals: { default: [250, 2000], about: 'poll intervals' },
  world: { default: 'steady', about: 'the world' },
};
const read = (...argv: string[]) => benchOptions('any', OPTIONS, argv);

describe('benchOptions', () => {
  it('gives what was given, else the defaults', () => {
    expect(read()).toEqual({ runs: 9, intervals: [250, 2000], world: 'steady' });
    expect(read('--runs', '3', '--intervals=1,2.5', '--world', 'forks')).toEqual({
      runs: 3,
      intervals: [1, 2.5],
      world: 'forks',
    });
  });

  it.each([
    [['--runs', 'many'], '--runs is a number, 1 to 20, not "many"'],
    [['--runs=0'], '--runs is a number, 1 to 20, not "0"'],
    [['--runs=21'], '--runs is a number, 1 to 20, not "21"'],
    [['--intervals=1,'], '--intervals is a number, 0 or more, not ""'],
    [['--rounds=1'], "Unknown option '--rounds'"],
    [['word'], "Unexpected argument 'word'"],
  ])('says what is wrong with %j, and how it is used', (argv, message) => {
    expect(() => read(...argv)).toThrow(SetupError);
    expect(() => read(...argv)).toThrow(message);
    expect(() => read(...argv)).toThrow('--runs           runs of each; 9 unless given');
  });
});
