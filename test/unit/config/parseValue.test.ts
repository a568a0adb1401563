import { describe, expect, it } from 'vitest';
import type { FlagRow } from '../../../config/flagRow.js';
import { hasKind, parseJsonSetting, parseText } from '../../../config/parseValue.js';

const FACTS = { name: 'x', env: [], category: 'misc', usage: '' } as const;
const ROWS = {
  string: { ...FACTS, kind: 'string', default: '' },
  bool: { ...FACTS, kind: 'bool', default: false },
  int: { ...FACTS, kind: 'int', default: 0 },
  uint: { ...FACTS, kind: 'uint', default: 0 },
  uint64: { ...FACTS, kind: 'uint64', default: 0n },
  float: { ...FACTS, kind: 'float', default: 0 },
  duration: { ...FACTS, kind: 'duration', default: 0 },
  list: { ...FACTS, kind: 'list', default: [] },
  exact: { ...FACTS, kind: 'enum', default: 'a', options: ['a', 'B'] },
  folded: {
    ...FACTS,
    kind: 'enum',
    default: 'INFO',
    options: ['INFO', 'ERROR'],
    synonyms: { EROR: 'ERROR' },
    ignoreCase: true,
  },
} as const satisfies Record<string, FlagRow>;

type Kind = keyof typeof ROWS;

describe('parseText', () => {
  it.each<[Kind, string, unknown]>([
    ['string', ' as is ', ' as is '],
    ['bool', 'true', true],
    ['bool', 'T', true],
    ['bool', '1', true],
    ['bool', 'False', false],
    ['bool', '0', false],
    ['int', '-12', -12],
    ['int', '+12', 12],
    ['int', '0x1F', 31],
    ['int', '0b101', 5],
    ['int', '0o17', 15],
    ['int', '017', 15],
    ['int', '1_000', 1000],
    ['int', '0', 0],
    ['uint', '9007199254740991', 9_007_199_254_740_991],
    ['uint64', '18446744073709551615', 18_446_744_073_709_551_615n],
    ['float', '-1.5e3', -1500],
    ['float', '.5', 0.5],
    ['duration', '1h30m', 5_400_000],
    ['list', 'a, b,,c ', ['a', 'b', 'c']],
    ['list', '', []],
    ['exact', 'B', 'B'],
    ['folded', 'info', 'INFO'],
    ['folded', 'eror', 'ERROR'],
  ])('reads %s %j', (kind, text, value) => {
    expect(parseText(ROWS[kind], text)).toEqual({ ok: true, value });
  });

  it.each<[Kind, string, string]>([
    ['bool', 'yes', 'true or false'],
    ['bool', '', 'true or false'],
    ['int', '', 'a whole number'],
    ['int', '1.5', 'a whole number'],
    ['int', '1e3', 'a whole number'],
    ['int', '08', 'a whole number'],
    ['int', '1__0', 'a whole number'],
    ['int', '1_', 'a whole number'],
    ['int', '9007199254740992', 'a whole number below 2^53'],
    ['uint', '-1', 'a whole number, 0 or more'],
    ['uint64', '-1', 'a whole number, 0 or more'],
    ['uint64', '18446744073709551616', 'a whole number of at most 64 bits'],
    ['float', 'NaN', 'a number'],
    ['float', '0x10', 'a number'],
    ['duration', '10', 'a duration such as 500ms, 2s or 1h30m'],
    ['exact', 'b', 'one of a, B'],
    ['folded', 'loud', 'one of INFO, ERROR'],
  ])('refuses %s %j', (kind, text, expected) => {
    expect(parseText(ROWS[kind], text)).toEqual({ ok: false, expected });
  });
});

describe('parseJsonSetting', () => {
  it.each<[Kind, Parameters<typeof parseJsonSetting>[1], unknown]>([
    ['bool', true, true],
    ['bool', 'false', false],
    ['int', -5n, -5],
    ['uint64', 18_446_744_073_709_551_615n, 18_446_744_073_709_551_615n],
    ['float', 1.5, 1.5],
    ['float', 2n, 2],
    ['duration', '2s', 2_000],
    ['duration', 0n, 0],
    ['list', ['a', 'b'], ['a', 'b']],
    ['list', 'a,b', ['a', 'b']],
  ])('reads %s of JSON, case %#', (kind, json, value) => {
    expect(parseJsonSetting(ROWS[kind], json)).toEqual({ ok: true, value });
  });

  it.each<[Kind, Parameters<typeof parseJsonSetting>[1]]>([
    ['string', 1n],
    ['string', null],
    ['bool', 1n],
    ['int', 1.5],
    ['uint', -1n],
    ['duration', 5n],
    ['list', ['a', 1n]],
    ['exact', true],
  ])('refuses %s of JSON, case %#', (kind, json) => {
    expect(parseJsonSetting(ROWS[kind], json).ok).toBe(false);
  });
});

describe('hasKind', () => {
  it('is true only for values of the row', () => {
    const samples = [true, 'a', 1n, -1, 1.5, ['a'], [1], null, undefined, Number.NaN];
    const accepted = (kind: Kind) => samples.filter((sample) => hasKind(ROWS[kind], sample));
    expect(accepted('bool')).toEqual([true]);
    expect(accepted('string')).toEqual(['a']);
    expect(accepted('exact')).toEqual(['a']);
    expect(accepted('uint64')).toEqual([1n]);
    expect(accepted('int')).toEqual([-1]);
    expect(accepted('uint')).toEqual([]);
    expect(accepted('float')).toEqual([-1, 1.5]);
    expect(accepted('list')).toEqual([['a']]);
  });
});
