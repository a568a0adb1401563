import { ERROR_CODES } from '../src/errors/codes.js';

/** The text of docs/errors.md: every error code with what it means and what to do. */
export function errorsDoc(): string {
  const rows = Object.entries(ERROR_CODES)
    .map(([code, { meaning, remedy }]) => `| \`${code}\` | ${cell(meaning)} | ${cell(remedy)} |`)
    .sort();
  return `# Error codes

Written from the table of codes by \`npm run docs\`. A log line about a failure carries the code.

| code | meaning | what to do |
|---|---|---|
${rows.join('\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
