import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

describe('the check of regular expressions', () => {
  let folder = '';

  function check(source: string): { readonly status: number | null; readonly told: string } {
    folder = mkdtempSync(join(tmpdir(), 'regexes-'));
    writeFileSync(join(folder, 'source.ts'), source);
    const { status, stderr } = spawnSync('node', ['scripts/checkRegexes.mjs', folder], {
      encoding: 'utf8',
    });
    return { status, told: stderr.replaceAll(folder, '') };
  }

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lets linear ones pass, whatever they look like', () => {
    const source = `
      const slash = 'a/b/c' as string;
      export const a = /^[a-z]+(?:-[a-z]+)*$/u.test(slash) ? 1 / 2 : /x/g;
      export const b = new RegExp('^[0-9]+$', 'i');
    `;
    expect(check(source)).toEqual({ status: 0, told: '' });
  });

  it.each([
    ['exponential', String.raw`/^"(?:\\[()]|[^"])*"$/`],
    ['2nd degree polynomial', String.raw`/\beyJ[\w-]+\.[\w-]+/g`],
    ['2nd degree polynomial', '/(?:method|rpc).*not found/i'],
    ['2nd degree polynomial', "new RegExp('a*b')"],
    ['its pattern is made at run time', "RegExp('a' + process.argv[2])"],
    ['not proven', String.raw`/^(a+)\1$/`],
  ])('fails for %s: %s', (fault, expression) => {
    const { status, told } = check(`export const found = ${expression};`);
    expect(status).toBe(1);
    expect(told).toContain(`/source.ts: `);
    expect(told).toContain(fault);
  });

  it('fails where it saw none: the sources were not read', () => {
    expect(check('export const none = 1;').status).toBe(1);
  });
});
