import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../src/transport/retryAfter.js';

const NOW = Date.UTC(2024, 0, 31, 23, 59, 50);

describe('retryAfterMs', () => {
  it.each([
    ['seconds', '7', 7_000],
    ['no wait', '0', 0],
    ['a date of HTTP', 'Wed, 31 Jan 2024 23:59:59 GMT', 9_000],
    ['a date that is over', 'Wed, 31 Jan 2024 23:00:00 GMT', 0],
    ['more seconds than is sane', '86400', 30_000],
    ['more digits than a number has', '9'.repeat(40), 30_000],
    ['a date too far away', 'Fri, 31 Jan 2025 23:59:59 GMT', 30_000],
    ['the first of two', ['2', '9'], 2_000],
  ])('reads %s', (_, header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a negative number', '-5'],
    ['a fraction', '1.5'],
    ['a word', 'later'],
    ['a date in another form', '2024-01-31T23:59:59Z'],
    ['a wrong weekday', 'Mon, 31 Jan 2024 23:59:59 GMT'],
    ['a text without end', '1'.repeat(100_000)],
  ])('takes %s for no answer', (_, header) => {
    expect(retryAfterMs(header, NOW)).toBeNull();
  });
});
