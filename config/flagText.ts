import type { FlagRow } from './flagRow.js';
import { formatGoDuration } from './goDuration.js';
import { networkNames } from './networkNames.js';

/** The row's default as op-node prints it (text in quotes, options bare, Go durations); null where there is none to show. */
export function defaultText(row: FlagRow): string | null {
  switch (row.kind) {
    case 'list':
      return null;
    case 'duration':
      return formatGoDuration(row.default);
    case 'string':
    case 'path':
      return row.default === '' ? null : JSON.stringify(row.default);
    case 'enum':
      return row.default === '' ? null : row.default;
    default:
      return String(row.default);
  }
}

/** The row's usage with what it may be set to. */
export function usageText(row: FlagRow): string {
  if (row.kind === 'enum') return `${row.usage} Options: ${row.options.join(', ')}.`;
  if (row.name === 'network') return `${row.usage} Networks: ${networkNames().join(', ')}.`;
  return row.usage;
}
