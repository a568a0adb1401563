import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VERSION } from '../../../src/node/nodeDeps.js';

it("has the package's version", () => {
  const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly name: string;
    readonly version: string;
  };
  expect(VERSION).toEqual({ version: `v${version}`, meta: name });
});
