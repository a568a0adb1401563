/**
 * Makes `dist/bin`, which is what the package ships and what every test and bench starts: the node in few files, so that
 * starting it reads few. `dependencies` of package.json stay outside, for they bring native code; what a start does not
 * need by itself keeps its dynamic import, and so a file of its own. Nothing is shortened: stack traces stay readable,
 * and `node --enable-source-maps` gives them the lines of the sources.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { bundlePage } from './bundlePage.mjs';
import { licenseTexts } from './licenseTexts.mjs';

const FOLDER = join('dist', 'bin');
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
/** Fastify reads these when a route has a schema, and when a test injects a request: none of ours, and no node does. */
const unused = [
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  'light-my-request',
];
const outside = [...Object.keys(dependencies), ...unused];

/**
 * Writes characters beyond Latin-1 as escapes, which mean the same in texts, templates and regular expressions. V8 keeps
 * the source of a file in one byte a character only when all of them are Latin-1: one dash in a file of a megabyte costs
 * another megabyte, in each thread.
 */
function escaped(code) {
  const asEscape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return code.replace(/[^\0-\u00ff]/g, asEscape);
}

/** Writes one entry with what it needs, apart from the other: the thread of peers brings much that a start must not read. */
async function bundle(name, input, cleanDir) {
  const made = await rolldown({
    input: { [name]: input },
    platform: 'node',
    tsconfig: 'tsconfig.json',
    external: (id) =>
      outside.some((dependency) => id === dependency || id.startsWith(`${dependency}/`)),
    onLog: (level, { message }) => {
      // A bundle that is not sure of itself is not shipped.
      if (level === 'warn') throw new Error(message);
    },
  });
  const { output } = await made.write({
    dir: FOLDER,
    cleanDir,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: name === 'slipstream' ? '[name].js' : `${name}-[name].js`,
    comments: { legal: true, annotation: false, jsdoc: false },
    keepNames: true,
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  for (const { type, fileName, code } of output) {
    if (type === 'chunk') writeFileSync(join(FOLDER, fileName), escaped(code));
  }
  return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
}

const modules = [
  ...(await bundle('slipstream', 'src/main.ts', true)),
  ...(await bundle('p2pWorker', 'src/node/p2pWorker.ts', false)),
  ...(await bundlePage(join(FOLDER, 'statusPage.html'))),
];
chmodSync(join(FOLDER, 'slipstream.js'), 0o755);
writeFileSync(join(FOLDER, 'LICENSES.txt'), licenseTexts(modules));
