import { CATEGORIES } from './flagRow.js';
import { FLAGS } from './flags.js';
import { defaultText, usageText } from './flagText.js';

/** One entry of the help text. */
interface HelpEntry {
  readonly title: string;
  readonly facts: string;
  readonly usage: string;
}

const WIDTH = 90;
const INDENT = ' '.repeat(10);

const OWN_ENTRIES: readonly HelpEntry[] = [
  { title: '--help, -h', facts: '(default: false)', usage: 'Show this text.' },
  { title: '--version, -v', facts: '(default: false)', usage: 'Show the version.' },
];

/** The text of --help: every flag that is not hidden, by category and name, with default and variables. */
export function helpText(version: string): string {
  const head = [
    'NAME:',
    '   slipstream - OP Stack consensus node',
    '',
    'USAGE:',
    '   slipstream [options]',
    '',
    'VERSION:',
    `   ${version}`,
    '',
    'GLOBAL OPTIONS:',
  ];
  const categories = Object.keys(CATEGORIES) as (keyof typeof CATEGORIES)[];
  const ordered = categories.sort((a, b) => (CATEGORIES[a] < CATEGORIES[b] ? -1 : 1));
  return `${[...head, ...ordered.flatMap(categoryLines)].join('\n')}\n`;
}

function categoryLines(category: keyof typeof CATEGORIES): string[] {
  const entries: HelpEntry[] = FLAGS.filter((row) => row.category === category && !row.hidden).map(
    (row) => {
      const value = row.kind === 'bool' ? '' : ' value';
      const shown = defaultText(row);
      const env = row.env.map((name) => `$${name}`).join(', ');
      return {
        title: [row.name, ...(row.aliases ?? [])].map((name) => `--${name}${value}`).join(', '),
        facts: `${shown === null ? '' : `(default: ${shown}) `}(${env})`,
        usage: usageText(row),
      };
    },
  );
  if (category === 'misc') entries.push(...OWN_ENTRIES);
  entries.sort((a, b) => (a.title < b.title ? -1 : 1));
  const title = CATEGORIES[category];
  return [
    '',
    ...(title === '' ? [] : [`   ${title}`, '']),
    ...entries.flatMap(({ title: name, facts, usage }) => [
      `    ${name.padEnd(35)} ${facts}`,
      ...wrap(usage),
    ]),
  ];
}

/** Lines of at most `WIDTH` columns, broken at spaces. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && INDENT.length + line.length + 1 + word.length > WIDTH) {
      lines.push(INDENT + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, INDENT + line];
}
