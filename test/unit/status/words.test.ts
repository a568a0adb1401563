import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { POLL_RESULTS } from '../../../src/follow/pollOutcome.js';
import { NO_PEER_REASONS } from '../../../src/p2p/p2pMetrics.js';
import {
  blocksText,
  durationText,
  NO_PEER_WORDS,
  numberText,
  RESULT_WORDS,
  resultWords,
} from '../../../src/status/words.js';

describe('words of the status', () => {
  it('are there for every result of a poll and every reason of having no peers', () => {
    expect(Object.keys(RESULT_WORDS).sort()).toEqual([...POLL_RESULTS].sort());
    expect(Object.keys(NO_PEER_WORDS).sort()).toEqual([...NO_PEER_REASONS].sort());
  });

  it('are the result itself where it is a new one', () => {
    expect(resultWords('odd')).toEqual({ level: 'warn', says: 'odd', counted: 'odd' });
  });

  it.each([
    [-3, '0 s'],
    [0.04, '0 s'],
    [1.25, '1.3 s'],
    [45, '45 s'],
    [185, '3 min'],
    [7_800, '2 h 10 min'],
    [7_199, '2 h'],
    [273_600, '3 d 4 h'],
  ])('say %d seconds as %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it('write numbers as English does, without asking for the rules of languages', () => {
    const numbers = [
      0, 7, 999, 1_000, 1_234_567, 12_345_678, 0.5, 1_000.25, 999.9996, -1_234.5, 1e12,
    ];
    const english = numbers.map((value) => value.toLocaleString('en-US'));
    const asked = vi.spyOn(Number.prototype, 'toLocaleString');
    onTestFinished(() => asked.mockRestore());
    expect(numbers.map(numberText)).toEqual(english);
    expect(asked).not.toHaveBeenCalled();
  });

  it('count blocks', () => {
    expect([1, 1_234].map(blocksText)).toEqual(['1 block', '1,234 blocks']);
  });
});
