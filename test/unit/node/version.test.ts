import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MATCHED_OP_NODE, VERSION, versionText } from '../../../src/node/nodeDeps.js';

const compatibility = readFileSync('docs/compatibility.md', 'utf8');

it("names the package's name and version, and the release of op-node that is matched", () => {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly name: string;
    readonly version: string;
  };
  const text = versionText({ version: VERSION });
  expect(text).toBe(`v${version}-${name}-op-node-${MATCHED_OP_NODE}`);
  expect(compatibility).toContain(`\`${text}\``);
});

it('names tests that are there for what is matched', () => {
  const named = [...compatibility.matchAll(/`((?:unit|integration|e2e)\/[\w/]+)`/g)];
  expect(named.length).toBeGreaterThan(30);
  const files = named.map(([, name]) => `test/${name}.test.ts`);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});
