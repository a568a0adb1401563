/**
 * Proves that every regular expression of the given folders (default: src and config) takes time linear in its text,
 * wherever in the text the match begins. Fails on one that is not, on one of which it cannot be proven, and on one whose
 * pattern is put together while the program runs. The sources are read by a parser, so nothing hides from it.
 *
 * `node scripts/checkRegexes.mjs [FOLDER...]`
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';

// The checker's own build for JavaScript: the same verdicts on every machine.
process.env.RECHECK_SYNC_BACKEND = 'pure';
const { checkSync } = await import('recheck');

/** For one expression; the slowest takes a fraction of a second. */
const TIMEOUT_MS = 30_000;
const SOURCE = /\.[cm]?[jt]s$/;

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (SOURCE.test(entry.name)) yield path;
  }
}

function* nodesOf(value) {
  if (typeof value !== 'object' || value === null) return;
  if (typeof value.type === 'string') yield value;
  for (const child of Object.values(value)) yield* nodesOf(child);
}

/** The expressions of one file: pattern and flags, or null for a pattern that the source does not spell out. */
function* expressionsOf(path) {
  const module = parseSync(readFileSync(path, 'utf8'), { syntax: 'typescript', target: 'es2022' });
  for (const node of nodesOf(module)) {
    if (node.type === 'RegExpLiteral') yield { pattern: node.pattern, flags: node.flags };
    const isMade = node.type === 'NewExpression' || node.type === 'CallExpression';
    if (!isMade || node.callee.value !== 'RegExp') continue;
    const [pattern, flags] = (node.arguments ?? []).map(({ expression }) => expression);
    const isSpelled = [pattern, flags].every((e) => e === undefined || e.type === 'StringLiteral');
    if (pattern?.type === 'RegExpLiteral') continue;
    yield { pattern: isSpelled ? (pattern?.value ?? '') : null, flags: flags?.value ?? '' };
  }
}

/** What is wrong with an expression; null when it is proven linear. */
function faultOf({ pattern, flags }) {
  if (pattern === null) return 'its pattern is made at run time';
  const { status, complexity, error } = checkSync(pattern, flags.replace('d', ''), {
    checker: 'automaton',
    timeout: TIMEOUT_MS,
  });
  if (status === 'safe') return null;
  return complexity?.summary ?? `not proven: ${error?.message ?? error?.kind}`;
}

const folders = process.argv.length > 2 ? process.argv.slice(2) : ['src', 'config'];
let seen = 0;
let refused = 0;
for (const path of folders.flatMap((folder) => [...sourceFiles(folder)])) {
  for (const expression of expressionsOf(path)) {
    seen += 1;
    const fault = faultOf(expression);
    if (fault === null) continue;
    refused += 1;
    console.error(`${path}: /${expression.pattern ?? '...'}/${expression.flags}: ${fault}`);
  }
}
console.log(`regexes: ${seen} expressions, ${refused} not linear`);
if (seen === 0) console.error('regexes: none seen; the sources were not read');
process.exit(refused > 0 || seen === 0 ? 1 : 0);
