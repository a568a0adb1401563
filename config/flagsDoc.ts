import { treePath } from './configTree.js';
import type { FlagRow } from './flagRow.js';
import { CATEGORIES } from './flagRow.js';
import { FLAGS } from './flags.js';
import { defaultText, usageText } from './flagText.js';
import { expectedOf } from './parseValue.js';

/** The text of docs/flags.md: every flag, hidden and deprecated ones too, by category and name. */
export function flagsDoc(): string {
  const categories = (Object.keys(CATEGORIES) as (keyof typeof CATEGORIES)[]).filter((category) =>
    FLAGS.some((row) => row.category === category),
  );
  const sections = categories.map((category) => {
    const rows = FLAGS.filter((row) => row.category === category);
    const title = category === 'none' ? 'Without category' : CATEGORIES[category];
    return `## ${title}\n\n${rows.map(rowText).sort().join('\n')}`;
  });
  return `# Flags

Written from the flag table by \`npm run docs\`. How flags, environment and config file go together: [configuration](configuration.md).

${sections.join('\n\n')}
`;
}

function rowText(row: FlagRow): string {
  const names = [row.name, ...(row.aliases ?? [])].map((name) => `\`--${name}\``).join(', ');
  const shown = defaultText(row);
  const notes = [
    row.required === true ? 'required' : null,
    row.hidden === true ? 'hidden' : null,
    row.deprecated === true ? 'deprecated' : null,
    row.isOurs === true ? 'not in op-node' : null,
  ].filter((note) => note !== null);
  const facts = [
    expectedOf(row),
    shown === null ? null : `default \`${shown}\``,
    row.env.length === 0 ? null : row.env.map((name) => `\`${name}\``).join(', '),
    treePath(row.name) === row.name
      ? null
      : `config file \`${row.name}\` or \`${treePath(row.name)}\``,
  ].filter((fact) => fact !== null);
  const noted = notes.length === 0 ? '' : ` **${notes.join(', ')}**`;
  const usage = row.kind === 'enum' ? row.usage : usageText(row);
  return `- ${names}${noted}: ${usage}\n  (${facts.join('; ')})`;
}
