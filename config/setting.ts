import type { JsonValue } from '../src/rollup/json.js';
import { jsonText } from '../src/rollup/json.js';
import type { FlagRow, FlagValue } from './flagRow.js';
import type { FlagName } from './flags.js';

/** Where a value came from, weakest first. */
export const SOURCES = ['file', 'env', 'flag'] as const;
export type Source = (typeof SOURCES)[number];

/** One value that somebody gave to a flag. */
export interface Setting {
  readonly name: FlagName;
  readonly value: FlagValue;
  readonly source: Source;
}

/** What one source gave: good settings, and a line for each bad one. */
export interface Reading {
  readonly settings: readonly Setting[];
  readonly problems: readonly string[];
}

/**
 * A problem's line: the flag, where its value came from unless the command line, the value, what was expected.
 * The value of a secret flag stays out.
 */
export function problemLine(
  row: Pick<FlagRow, 'name' | 'isSecret'>,
  from: string | null,
  value: JsonValue,
  expected: string,
): string {
  const origin = from === null ? '' : ` (${from})`;
  const shown = row.isSecret === true ? '(secret)' : jsonText(value);
  return `--${row.name}${origin}: ${shown}: expected ${expected}`;
}
