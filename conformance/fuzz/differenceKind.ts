import type { NeutralAnswers } from './neutralAnswers.js';

const BEFORE_CHARS = 40;
const SHOWN_CHARS = 60;

/**
 * Where two nodes' answers to the same bytes part, in words that are the same for all differences of that kind; null
 * where they are the same.
 */
export function differenceKind(want: NeutralAnswers, got: NeutralAnswers): string | null {
  for (const [i, wanted] of want.answers.entries()) {
    const given = got.answers[i];
    if (given === undefined) break;
    if (wanted.status !== given.status) return `status: ${wanted.status} | ${given.status}`;
    const [wantedHeaders, givenHeaders] = [wanted.headers.join(', '), given.headers.join(', ')];
    if (wantedHeaders !== givenHeaders) return `headers: ${wantedHeaders} | ${givenHeaders}`;
    if (wanted.body !== given.body) return `body: ${parting(wanted.body, given.body)}`;
  }
  const [wants, gives] = [want, got].map(({ answers, end }) => {
    const more = answers.slice(Math.min(want.answers.length, got.answers.length));
    return [...more.map(({ status }) => status), end].join(', ');
  });
  return wants === gives ? null : `then: ${masked(wants ?? '')} | ${masked(gives ?? '')}`;
}

/** Both texts from a little before the first place at which they differ. */
function parting(want: string, got: string): string {
  const [wants, gives] = [masked(want), masked(got)];
  let at = 0;
  while (at < wants.length && wants[at] === gives[at]) at += 1;
  const from = Math.max(0, at - BEFORE_CHARS);
  const shown = (text: string) => text.slice(from, at + SHOWN_CHARS);
  // Where only what is masked differs, the kind is the place.
  return `${shown(wants)} | ${shown(gives)}`;
}

/** Without the ids, numbers and hashes that make each request another one. */
function masked(text: string): string {
  return text
    .replace(/"id":.*?,"(result|error)"/gs, '"id":…,"$1"')
    .replace(/0x[0-9a-fA-F]{8,}/g, '0x…')
    .replace(/\d{4,}/g, '…');
}
