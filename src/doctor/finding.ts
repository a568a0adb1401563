import type { FindingCode, FindingLevel, FindingRow } from './findings.js';
import { FINDINGS } from './findings.js';

/** Something that a check saw: what is well (`ok`), or one row of the table. */
export interface Finding {
  readonly level: 'ok' | FindingLevel;
  /** Null where all is well. */
  readonly code: FindingCode | null;
  /** One sentence without its full stop; may hold what remotes wrote. */
  readonly text: string;
}

/** What is wrong. @param level other than the table's, for the codes that may be softer. */
export function found(code: FindingCode, text: string, level?: FindingLevel): Finding {
  return { level: level ?? FINDINGS[code].level, code, text };
}

/** What is as it should be. */
export function fine(text: string): Finding {
  return { level: 'ok', code: null, text };
}

/** What to do; null where all is well. */
export function adviceOf({ code }: Finding): string | null {
  const row: FindingRow | null = code === null ? null : FINDINGS[code];
  return row?.advice ?? null;
}
