import { type FoundKind, type FuzzRun, runFuzz } from './fuzzRun.js';
import type { NeutralAnswers } from './neutralAnswers.js';

const SHOWN_CHARS = 1_500;

/** Fuzzes two nodes, prints each kind of difference with its smallest request. @returns how many kinds there are. */
export async function fuzz(run: FuzzRun): Promise<number> {
  const { say } = run;
  const { sent, kinds, documented } = await runFuzz(run);
  for (const found of kinds) say(shown(found));
  for (const [name, count] of documented) say(`documented, ${count} times: ${name}`);
  const differing = kinds.reduce((sum, { count }) => sum + count, 0);
  say(`seed ${run.seed}: ${run.count} requests (${sent} sent to each node)`);
  say(`${differing} differ, in ${kinds.length} ways`);
  return kinds.length;
}

function shown({ kind, count, smallest }: FoundKind): string {
  const lines = [`DIFFERENT ${count} times: ${JSON.stringify(kind)}`];
  if (smallest !== null) {
    const [want, got] = smallest.answers;
    lines.push(`  request ${quoted(smallest.sent.bytes)}`);
    lines.push(`  want ${shownAnswers(want)}`, `  got  ${shownAnswers(got)}`);
  }
  return lines.join('\n');
}

function shownAnswers({ answers, end }: NeutralAnswers): string {
  const each = answers.map(
    ({ status, headers, body }) => `${status} [${headers.join(', ')}] ${quoted(body)}`,
  );
  return [...each, end].join(' then ');
}

/** A byte string as JSON: what is printed can be sent again. */
function quoted(bytes: string): string {
  const text = JSON.stringify(bytes).replace(
    /[\x7f-\xff]/g,
    (c) => `\\u00${c.charCodeAt(0).toString(16)}`,
  );
  return text.length > SHOWN_CHARS
    ? `${text.slice(0, SHOWN_CHARS)}… (${bytes.length} bytes)`
    : text;
}
