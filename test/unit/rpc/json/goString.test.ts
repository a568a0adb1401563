import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeUtf8,
  encodeUtf8,
  escapeRawGo,
  quoteGo,
  unquoteGo,
} from '../../../../src/rpc/json/goString.js';

describe('quoteGo', () => {
  it.each([
    ['<b>&', '"\\u003cb\\u003e\\u0026"'],
    ['"\\', '"\\"\\\\"'],
    ['\b\f\n\r\t', '"\\b\\f\\n\\r\\t"'],
    ['\u0001\u001f\u007f', '"\\u0001\\u001f\u007f"'],
    ['\u2028\u2029', '"\\u2028\\u2029"'],
    ['é', '"\xc3\xa9"'],
    ['😀', '"\xf0\x9f\x98\x80"'],
    ['\ud800', '"\xef\xbf\xbd"'],
  ])('writes %j as Go does', (text, literal) => {
    expect(quoteGo(text)).toBe(literal);
  });

  it('is read back by any JSON parser', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(JSON.parse(decodeUtf8(quoteGo(text)))).toBe(text);
      }),
    );
  });
});

describe('unquoteGo', () => {
  it.each([
    ['"a\\/b\\"\\\\"', 'a/b"\\'],
    ['"\\b\\f\\n\\r\\t"', '\b\f\n\r\t'],
    ['"\\u00e9\\ud83d\\ude00"', 'é😀'],
    ['"\\ud800"', '\ufffd'],
    ['"\\ude00\\ud83d"', '\ufffd\ufffd'],
    ['"\\ud800\\ud83d\\ude00"', '\ufffd😀'],
    ['"\\ud83dx\\ude00"', '\ufffdx\ufffd'],
    ['"\xc3\xa9"', 'é'],
    ['"\xff\xc3"', '\ufffd\ufffd'],
    ['"\xe2\x82"', '\ufffd\ufffd'],
    ['"\xed\xa0\x80"', '\ufffd\ufffd\ufffd'],
    ['"\xc0\xaf"', '\ufffd\ufffd'],
  ])('reads %j', (literal, text) => {
    expect(unquoteGo(literal)).toBe(text);
  });

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const literal = JSON.stringify(text);
        expect(unquoteGo(encodeUtf8(literal))).toBe(text.toString());
      }),
    );
  });

  it('does not run out of stack on millions of escapes', () => {
    expect(unquoteGo(`"${'\\u0041'.repeat(800_000)}"`)).toHaveLength(800_000);
  });
});

describe('escapeRawGo', () => {
  it('escapes HTML and line separators and leaves all other bytes alone', () => {
    expect(escapeRawGo('"<&>\xe2\x80\xa8\xe2\x80\xa9\xe2\x82\xac\xff"')).toBe(
      '"\\u003c\\u0026\\u003e\\u2028\\u2029\xe2\x82\xac\xff"',
    );
    expect(escapeRawGo('1.50')).toBe('1.50');
  });
});
