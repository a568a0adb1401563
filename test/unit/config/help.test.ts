import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FLAGS } from '../../../config/flags.js';
import { helpText } from '../../../config/help.js';
import { quickAnswer } from '../../../config/quickAnswer.js';

interface ReferenceFlag {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly env: readonly string[];
  readonly default: string;
  readonly category: string;
  readonly hidden: boolean;
  readonly type: string;
}

const REFERENCE = (
  JSON.parse(readFileSync('test/fixtures/op-node-flags.json', 'utf8')) as readonly ReferenceFlag[]
).filter((flag) => !flag.hidden);

const LINES = helpText('0.1.0').split('\n');

/** Names that only we show. */
const OUR_ALIASES: Readonly<Record<string, readonly string[]>> = {
  'override.lagoon': ['override.interop'],
};

/** The line of a flag, and the category line above it. */
function entryOf(name: string): { readonly line: string; readonly category: string } {
  const at = LINES.findIndex((line) => line.startsWith(`    --${name} `));
  const above = LINES.slice(0, at).filter((line) => /^ {3}\d\. /.test(line));
  return { line: LINES[at] ?? '', category: (above.at(-1) ?? '').trim() };
}

describe('helpText', () => {
  it.each(REFERENCE.map((flag) => [flag.name, flag] as const))(
    'lists --%s with its default, variables and category',
    (name, flag) => {
      const { line, category } = entryOf(name);
      const hasValue = flag.type !== 'BoolFlag';
      const aliases = [...flag.aliases, ...(OUR_ALIASES[name] ?? [])];
      const names = [name, ...aliases].map((n) => `--${n}${hasValue ? ' value' : ''}`);
      expect(line).toContain(`    ${names.join(', ')} `);
      if (flag.default === '') expect(line).not.toContain('(default');
      else expect(line).toContain(`(default: ${flag.default})`);
      for (const variable of flag.env) expect(line).toContain(`$${variable}`);
      expect(category).toBe(flag.category);
    },
  );

  it('leaves hidden flags out', () => {
    const hidden = FLAGS.filter((row) => row.hidden === true);
    expect(hidden.length).toBeGreaterThan(10);
    for (const row of hidden) expect(entryOf(row.name).line).toBe('');
  });

  it('says the version and the networks, and stays within its columns', () => {
    expect(LINES).toContain('   0.1.0');
    expect(LINES.join('\n')).toContain('op-mainnet');
    const usage = LINES.filter((line) => line.startsWith('          '));
    expect(Math.max(...usage.map((line) => line.length))).toBeLessThanOrEqual(90);
  });
});

describe('quickAnswer', () => {
  it.each(['-h', '--help', '-help', '--help=true'])('answers %s with the help', (word) => {
    expect(quickAnswer(['--l1=x', word, '--nonsense'], '0.1.0')).toBe(helpText('0.1.0'));
  });

  it.each(['-v', '--version', '-version'])('answers %s with the version', (word) => {
    expect(quickAnswer(['--p2p.disable', word], '0.1.0')).toBe('slipstream version 0.1.0\n');
  });

  it('has none to a run', () => {
    expect(quickAnswer([], '0.1.0')).toBeNull();
    expect(quickAnswer(['--l1', '-h', '--network=--help', '--vv'], '0.1.0')).toBeNull();
  });
});
