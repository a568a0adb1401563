import type { JsonValue } from '../src/rollup/json.js';
import type { FlagRow, FlagValue } from './flagRow.js';
import { parseGoDuration } from './goDuration.js';

/** A value of the row's kind, or what was expected instead. */
export type Parsed =
  | { readonly ok: true; readonly value: FlagValue }
  | { readonly ok: false; readonly expected: string };

const TRUE_WORDS = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE_WORDS = ['0', 'f', 'F', 'FALSE', 'false', 'False'];
const MAX_UINT64 = (1n << 64n) - 1n;
const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads a flag's or a variable's text as Go's flag package does: numbers may be 0x, 0o, 0b and have underscores. */
export function parseText(row: FlagRow, text: string): Parsed {
  switch (row.kind) {
    case 'string':
    case 'path':
      return { ok: true, value: text };
    case 'bool':
      if (TRUE_WORDS.includes(text)) return { ok: true, value: true };
      if (FALSE_WORDS.includes(text)) return { ok: true, value: false };
      break;
    case 'list':
      return { ok: true, value: splitList(text) };
    case 'enum': {
      const option = findOption(row, text);
      if (option !== null) return { ok: true, value: option };
      break;
    }
    case 'duration': {
      const ms = parseGoDuration(text);
      if (ms !== null) return { ok: true, value: ms };
      break;
    }
    case 'float':
      if (FLOAT.test(text)) return { ok: true, value: Number(text) };
      break;
    default: {
      const integer = parseGoInteger(text);
      if (integer !== null) return fitInteger(row, integer);
    }
  }
  return { ok: false, expected: expectedOf(row) };
}

/** Reads a value of the config file: text is read as a flag's text, other types must fit the kind. */
export function parseJsonSetting(row: FlagRow, value: JsonValue): Parsed {
  if (typeof value === 'string') return parseText(row, value);
  if (row.kind === 'bool' && typeof value === 'boolean') return { ok: true, value };
  if (row.kind === 'float' && (typeof value === 'number' || typeof value === 'bigint')) {
    return { ok: true, value: Number(value) };
  }
  if (row.kind === 'duration' && value === 0n) return { ok: true, value: 0 };
  if (['uint', 'uint64', 'int'].includes(row.kind) && typeof value === 'bigint') {
    return fitInteger(row, value);
  }
  if (row.kind === 'list' && Array.isArray(value) && value.every((v) => typeof v === 'string')) {
    return { ok: true, value };
  }
  return { ok: false, expected: expectedOf(row) };
}

/** True when the value has the type that the row's kind gives. */
export function hasKind(row: FlagRow, value: unknown): value is FlagValue {
  switch (row.kind) {
    case 'bool':
      return typeof value === 'boolean';
    case 'uint64':
      return typeof value === 'bigint';
    case 'uint':
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
    case 'int':
      return typeof value === 'number' && Number.isSafeInteger(value);
    case 'float':
    case 'duration':
      return typeof value === 'number' && Number.isFinite(value);
    case 'list':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'enum':
      return value === row.default || row.options.some((option) => option === value);
    default:
      return typeof value === 'string';
  }
}

/** What a value of this row looks like, for messages and docs. */
export function expectedOf(row: FlagRow): string {
  switch (row.kind) {
    case 'bool':
      return 'true or false';
    case 'enum':
      return `one of ${row.options.join(', ')}`;
    case 'duration':
      return 'a duration such as 500ms, 2s or 1h30m';
    case 'float':
      return 'a number';
    case 'int':
      return 'a whole number';
    case 'uint':
    case 'uint64':
      return 'a whole number, 0 or more';
    case 'list':
      return 'a comma-separated list';
    case 'path':
      return 'a file name';
    default:
      return 'text';
  }
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function findOption(row: Extract<FlagRow, { kind: 'enum' }>, text: string): string | null {
  const fold = (s: string) => (row.ignoreCase === true ? s.toLowerCase() : s);
  const option = row.options.find((o) => fold(o) === fold(text));
  if (option !== undefined) return option;
  const synonym = Object.entries(row.synonyms ?? {}).find(([word]) => fold(word) === fold(text));
  return synonym === undefined ? null : synonym[1];
}

/** An integer in the forms of Go's base 0, or null. */
function parseGoInteger(text: string): bigint | null {
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[1-9][\d_]*|0)$/.exec(text);
  if (match === null || text.includes('__') || text.endsWith('_')) return null;
  const digits = (match[2] ?? '').replaceAll('_', '');
  const isOctal = /^0[oO]?[0-7]+$/.test(digits);
  const magnitude = BigInt(isOctal ? digits.replace(/^0[oO]?/, '0o') : digits);
  return match[1] === '-' ? -magnitude : magnitude;
}

function fitInteger(row: FlagRow, integer: bigint): Parsed {
  if (row.kind !== 'int' && integer < 0n) return { ok: false, expected: expectedOf(row) };
  if (row.kind === 'uint64') {
    return integer <= MAX_UINT64
      ? { ok: true, value: integer }
      : { ok: false, expected: 'a whole number of at most 64 bits' };
  }
  const value = Number(integer);
  return Number.isSafeInteger(value)
    ? { ok: true, value }
    : { ok: false, expected: 'a whole number below 2^53' };
}
