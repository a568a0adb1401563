import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SECTIONS = readFileSync('docs/logs.md', 'utf8').split(/^## /m);

/** The cells of the rows of a section's tables. */
function rows(title: string): readonly (readonly string[])[] {
  const section = SECTIONS.find((text) => text.startsWith(`${title}\n`)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|') && line.includes('`'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
}

/** Every text literal of the code, templates with what stands between their holes. */
const SOURCES = ['src', 'config'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8')),
);
const TEXTS = SOURCES.flatMap((source) => source.match(/'(?:[^'\\\n]|\\.)*'/g) ?? []).map((text) =>
  text.slice(1, -1),
);
const TEMPLATES = SOURCES.flatMap((source) => source.match(/`[^`\n]*\$\{[^`\n]*`/g) ?? [])
  .map((text) => text.slice(1, -1).split(/\$\{[^}]*\}/))
  .filter((parts) => parts.join('').length > 10);

/** Whole, or what a line of ours begins with. */
function isInCode(line: string): boolean {
  return (
    TEXTS.some((text) => text === line || text.startsWith(`${line} `)) ||
    TEMPLATES.some((parts) => isMadeOf(parts, line))
  );
}

function isMadeOf(parts: readonly string[], line: string): boolean {
  let at = 0;
  for (const part of parts) {
    at = line.indexOf(part, at);
    if (at < 0) return false;
    at += part.length;
  }
  return line.startsWith(parts[0] ?? '') && line.endsWith(parts.at(-1) ?? '');
}

/** What writes at a level: derivation says more of what it drops, and of progress, by names of its own. */
const LEVELS = [
  { level: 'debug', calls: ['debug'] },
  { level: 'info', calls: ['info', 'noted'] },
  { level: 'warn', calls: ['warn', 'dropped'] },
  { level: 'error', calls: ['error'] },
  { level: 'crit', calls: ['crit'] },
] as const;

function escaped(line: string): string {
  return line.replaceAll(/[.()!/]/g, '\\$&');
}

describe('the lines of log that docs/logs.md lists', () => {
  const same = rows('Same words').map(([, line = '']) => line);
  const other = rows('Other words').map(([, , , line = '']) => line);

  it('are those that operators of op-node search for', () => {
    expect(same.length).toBeGreaterThan(140);
    expect(other.length).toBeGreaterThan(25);
  });

  it.each([...same, ...other])('%s is written by the code', (line) => {
    expect(isInCode(line)).toBe(true);
  });

  it('are at the levels that it lists', () => {
    const wrong = rows('Same words').filter(([, line = '', theirs = '', here = '']) => {
      const code = SOURCES.filter((source) => source.includes(line)).join('\n');
      const levels = LEVELS.filter(({ calls }) =>
        calls.some((call) => new RegExp(`\\.${call}\\(\\s*'${escaped(line)}[' ]`).test(code)),
      ).map(({ level }) => level);
      // Lines whose text is made elsewhere have none.
      const listed = here === 'same' ? theirs : here;
      return levels.length > 0 && (levels.length > 1 || levels[0] !== listed);
    });
    expect(wrong).toEqual([]);
  });
});
