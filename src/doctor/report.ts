import { redactText } from '../telemetry/redact.js';
import { adviceOf, type Finding } from './finding.js';
import type { CheckReport } from './runChecks.js';

/** Longest text of a finding: remotes may have written a part of it. */
const MAX_CHARS = 500;
/** Separators and everything that steers a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** Errors and warnings of a run. */
export interface Totals {
  readonly errors: number;
  readonly warnings: number;
}

export function totalsOf(reports: readonly CheckReport[]): Totals {
  const levels = reports.flatMap(({ findings }) => findings.map(({ level }) => level));
  const count = (wanted: Finding['level']): number =>
    levels.filter((level) => level === wanted).length;
  return { errors: count('error'), warnings: count('warning') };
}

/** One line a finding, then one with the totals. */
export function textReport(reports: readonly CheckReport[]): string {
  const lines = reports.flatMap(({ check, findings }) =>
    findings.map((finding) => {
      const advice = adviceOf(finding);
      const label = `${finding.level.padEnd(7)}  ${finding.code ?? check}: `;
      const text = printable(finding.text);
      return advice === null ? `${label}${text}` : `${label}${sentence(text)} ${advice}.`;
    }),
  );
  const { errors, warnings } = totalsOf(reports);
  const verdict = errors === 0 ? 'Nothing stops the node' : 'The node would not work';
  const counts = `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
  return `${[...lines, `${verdict}: ${counts}.`].join('\n')}\n`;
}

/** One JSON object on one line; `code` and `advice` are null where all is well. */
export function jsonReport(reports: readonly CheckReport[]): string {
  const totals = totalsOf(reports);
  const findings = reports.flatMap(({ check, findings: all }) =>
    all.map((finding) => ({
      check,
      level: finding.level,
      code: finding.code,
      text: printable(finding.text),
      advice: adviceOf(finding),
    })),
  );
  return `${JSON.stringify({ ok: totals.errors === 0, ...totals, findings })}\n`;
}

/** A text as a sentence of its own. */
function sentence(text: string): string {
  return /[.?!…]$/.test(text) ? text : `${text}.`;
}

/** On one line, without secrets, and not too long. */
function printable(text: string): string {
  const line = redactText(text).replace(UNPRINTABLE, ' ').trim();
  return line.length <= MAX_CHARS ? line : `${line.slice(0, MAX_CHARS)}…`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
