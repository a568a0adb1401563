import fc from 'fast-check';

/**
 * JSON as no encoder would write it: right and wrong, as byte strings (every character is one byte), so that what is
 * no UTF-8 can be among it.
 */

/** A byte string of a text. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Insides of a string literal, without what would end it. */
const PIECES: readonly string[] = [
  ...['a', 'Z', '0x1', ' ', '_', '.', '{', ']', '%41', "'", '`', '\x7f', '<b>&', '//'],
  ...['\\n', '\\/', '\\\\', '\\"', '\\b\\f', '\\u0061', '\\u0000', '\\u003c', '\\u2028'],
  ...['\\ud83d\\ude00', '\\ud800', '\\udc00x', '\\ud800\\u0041', '\\uFFFD', '\\uD83D\\ud83d'],
  ...['é', '\u2028', '\u00a0', '\ufeff', '\u{1f600}', '\u017f', '\u212a'].map(bytesOf),
  ...['\xff', '\xc3', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xc0\x80', '\xe2\x80'],
];
/** Insides that no JSON string may have. */
const BROKEN_PIECES: readonly string[] = [
  '\\x',
  '\\u12',
  '\\U0061',
  '\x00',
  '\n',
  '\x1f',
  '"',
  '\\',
];

const pieces = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.constantFrom(...BROKEN_PIECES) },
);

/** A string literal with its quotes. */
export const stringTexts: fc.Arbitrary<string> = fc
  .array(pieces, { maxLength: 5 })
  .map((parts) => `"${parts.join('')}"`);

const NUMBERS: readonly string[] = [
  ...['0', '1', '-1', '-0', '1.0', '1.50', '1e3', '1E+2', '1e-7', '0.1e1', '12345678901234567890'],
  ...['9007199254740993', '18446744073709551615', '18446744073709551616', '1e400', '-1e400'],
  ...[`1${'0'.repeat(400)}`, `0.${'1'.repeat(300)}`, '9223372036854775808', '2147483648'],
];
const BROKEN_SCALARS: readonly string[] = [
  ...['01', '-', '+1', '.5', '1.', '1e', '0x10', 'NaN', 'Infinity', 'True', 'nul', 'nulll'],
  ...["'a'", '1 2', '{', ']', '[,]', '[1,]', '{"a"}', '{"a":}', '{,}', '{a:1}', '//', '', '\xa0'],
];

export const numberTexts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.integer({ min: -10, max: 200 }).map(String),
);

/** Space between tokens; seldom what JSON has no place for. */
export const spaces: fc.Arbitrary<string> = fc.oneof(
  { weight: 60, arbitrary: fc.constant('') },
  { weight: 10, arbitrary: fc.constantFrom(' ', '\n', '\t', '\r\n', '    ') },
  { weight: 1, arbitrary: fc.constantFrom('\v', '\f', '\xa0', '\xef\xbb\xbf', '\x00', '/**/') },
);

const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json' },
    { weight: 6, arbitrary: fc.constantFrom('null', 'true', 'false', '""', '[]', '{}') },
    { weight: 6, arbitrary: numberTexts },
    { weight: 6, arbitrary: stringTexts },
    { weight: 1, arbitrary: fc.constantFrom(...BROKEN_SCALARS) },
    { weight: 1, arbitrary: fc.constantFrom(10, 500, 9_999, 10_000, 10_001).map(nested) },
    { weight: 2, arbitrary: tie('list') },
    { weight: 2, arbitrary: tie('object') },
  ),
  list: fc
    .tuple(fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'json' }), spaces)
    .map(([items, space]) => `[${space}${items.join(`,${space}`)}]`),
  object: fc
    .array(fc.tuple(stringTexts, spaces, tie('value')), { maxLength: 4, depthIdentifier: 'json' })
    .map((members) => `{${members.map(([key, space, of]) => `${key}${space}:${of}`).join(',')}}`),
}));

/** Any value. */
export const valueTexts: fc.Arbitrary<string> = value;

function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}
