import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { skipValue } from '../../../../src/rpc/json/jsonScan.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON.parse takes white space around a value, skipValue does not. */
function isValue(text: string): boolean {
  return skipValue(text, 0, 0) === text.length;
}

describe('skipValue', () => {
  it('ends where a value ends', () => {
    for (const value of ['1', '-0.5e+3', 'true', 'null', '"a\\"b"', '[1,{"a":[]}]', '{"a":{}}']) {
      expect(skipValue(`  ${value} x`, 2, 0)).toBe(2 + value.length);
    }
  });

  it.each([
    '',
    '-',
    '.5',
    '+1',
    '1.',
    '1.x',
    '1e',
    '1e+',
    '1.5e',
    '1.5E-',
    'nul',
    'TRUE',
    "'a'",
    '"a',
    '"\n"',
    '"\\x"',
    '"\\u12g4"',
    '"\\u12',
    '[',
    '[1',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{a:1}',
    '{"a" 1}',
    '{1:1}',
    '[1}',
    '{"a":1]',
    '[[1]',
    'NaN',
    '\ufeff1',
  ])('refuses %j', (text) => {
    expect(skipValue(text, 0, 0)).toBe(-1);
  });

  it('stops a number at its end: a digit behind a leading zero is not part of it', () => {
    expect(skipValue('01', 0, 0)).toBe(1);
    expect(skipValue('1e5e', 0, 0)).toBe(3);
    expect(skipValue('[01]', 0, 0)).toBe(-1);
  });

  it('accepts exactly what JSON.parse accepts', () => {
    fc.assert(
      fc.property(fc.json(), (text) => isValue(text.trim())),
      { seed: 1, numRuns: 300 },
    );
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]",:\\0.e-+ntx\t'))
      .map(([text, at, character]) => {
        const cut = at % (text.length + 1);
        return (text.slice(0, cut) + character + text.slice(cut + (at % 2))).trim();
      });
    fc.assert(
      fc.property(damaged, (text) => isValue(text) === isJson(text)),
      { seed: 2, numRuns: 3000 },
    );
  });

  it('takes 10,000 levels and not one more, counting those around it', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(skipValue(nested(10_000), 0, 0)).toBe(20_000);
    expect(skipValue(nested(10_001), 0, 0)).toBe(-1);
    expect(skipValue(nested(9_999), 0, 1)).toBe(19_998);
    expect(skipValue(nested(10_000), 0, 1)).toBe(-1);
    expect(skipValue(`${'{"a":'.repeat(10_001)}1${'}'.repeat(10_001)}`, 0, 0)).toBe(-1);
  });
});
