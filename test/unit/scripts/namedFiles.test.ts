import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const PAGES = [
  ...readdirSync('docs').map((name) => join('docs', name)),
  ...['README.md', 'CONTRIBUTING.md', 'bench/README.md', 'conformance/README.md'],
].filter((path) => path.endsWith('.md'));

/** Files of the repository that a page names in code style, by their path from its top. */
function namedIn(page: string): readonly string[] {
  const text = readFileSync(page, 'utf8');
  const spans = [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.(?:ts|mjs|md|json))`/g)];
  return spans.map(([, path = '']) => path);
}

describe('files that are named in the pages', () => {
  it.each(PAGES)('%s names only files that are there', (page) => {
    expect(namedIn(page).filter((path) => !existsSync(path))).toEqual([]);
  });

  it('are seen', () => {
    expect(namedIn('docs/architecture.md').length).toBeGreaterThan(30);
  });
});
