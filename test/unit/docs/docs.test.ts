import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLAGS } from '../../../config/flags.js';

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'deploy/README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const textOf = (path: string) => readFileSync(path, 'utf8');

/** The anchors that headings of a page have, as GitHub makes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe.each(PAGES)('%s', (page) => {
  const text = textOf(page);

  it('links to pages and headings that are there', () => {
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        if (!existsSync(file)) return true;
        return anchor !== undefined && !anchorsOf(textOf(file)).has(anchor);
      });
    expect(broken).toEqual([]);
  });
});

describe('docs/README.md', () => {
  it('leads to every page', () => {
    const start = textOf('docs/README.md');
    const unreached = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')
      .map((page) => page.slice('docs/'.length))
      .filter((page) => !start.includes(`](${page})`));
    expect(unreached).toEqual([]);
  });
});

describe('the way from kona-node', () => {
  const known = new Set(FLAGS.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
  const [, table = ''] = textOf('docs/migrating.md').split(/<!-- (?:kona:|end of kona)/);
  const rows = [...table.matchAll(/^\|( `[^|]*)\|([^|]*)\|/gm)].map(([, theirs, ours]) => ({
    theirs: flagsOf(theirs),
    ours: flagsOf(ours),
  }));

  it('names flags that there are', () => {
    const unknown = rows.flatMap(({ ours }) => ours).filter((flag) => !known.has(flag));
    expect(unknown).toEqual([]);
  });

  it('leaves out none of its flags', () => {
    const named = new Set(rows.flatMap(({ theirs }) => theirs));
    const all = textOf('test/fixtures/kona-node-flags.txt').trim().split('\n');
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter((flag) => !named.has(flag))).toEqual([]);
  });
});

/** The long flags that a cell names. */
function flagsOf(cell = ''): readonly string[] {
  return [...cell.matchAll(/`--([\w.-]+)/g)].map(([, flag = '']) => flag);
}
