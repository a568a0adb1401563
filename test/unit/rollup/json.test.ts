import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, jsonText, parseJson } from '../../../src/rollup/json.js';

describe('parseJson', () => {
  it('keeps integers of any size exact', () => {
    expect(parseJson('{"a":18446744073709551615,"b":[-9007199254740993,0]}')).toEqual({
      a: 18_446_744_073_709_551_615n,
      b: [-9_007_199_254_740_993n, 0n],
    });
  });

  it('leaves numbers with point or exponent numbers', () => {
    expect(parseJson('[1.5,1e3,-2E-1]')).toEqual([1.5, 1000, -0.2]);
  });

  it('leaves digits inside of strings and keys alone', () => {
    const text = '{"1":"2","a\\"3":"\\\\","b":"x 4,5","c":6}';
    expect(parseJson(text)).toEqual({ '1': '2', 'a"3': '\\', b: 'x 4,5', c: 6n });
  });

  it.each(['', '{', '[01]', '[1,]', '{"a":1}x', '[-]', "{'a':1}"])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('reads back what jsonText writes', () => {
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.bigInt(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any')),
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          tie('any'),
          { noNullPrototype: true },
        ),
      ),
    })).any;
    fc.assert(
      fc.property(value, (v) => {
        const json = v as ReturnType<typeof parseJson>;
        expect(parseJson(jsonText(json))).toEqual(json);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

describe('isJsonObject', () => {
  it('is true for objects only', () => {
    expect([{}, [], null, undefined, 'a', 1n].map(isJsonObject)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
