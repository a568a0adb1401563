/**
 * Makes the status page: one HTML file with its script, its style and the plotting library in it, which asks nobody for
 * anything but the node that it came from. Its script is shortened: nobody reads stack traces of it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const SOURCES = join('src', 'status', 'page');
const LIBRARY_STYLE = join('node_modules', 'uplot', 'dist', 'uPlot.min.css');

/** Writes the page to that path. @returns absolute paths of the modules in it. */
export async function bundlePage(path) {
  const made = await rolldown({
    input: join(SOURCES, 'main.ts'),
    platform: 'browser',
    tsconfig: join(SOURCES, 'tsconfig.json'),
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(message);
    },
  });
  const { output } = await made.generate({ format: 'iife', minify: true });
  const [{ code, moduleIds }] = output;
  const style = [LIBRARY_STYLE, join(SOURCES, 'page.css')]
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  writeFileSync(path, pageOf({ script: code.trim(), style }));
  return moduleIds;
}

function pageOf(parts) {
  let page = readFileSync(join(SOURCES, 'page.html'), 'utf8');
  for (const [name, text] of Object.entries(parts)) {
    const place = `/*${name}*/`;
    if (!page.includes(place)) throw new Error(`the page has no place for its ${name}`);
    // It would end there, and its hash would be of half of it.
    if (text.includes(`</${name}`))
      throw new Error(`the ${name} of the page has its own end in it`);
    page = page.replace(place, () => text);
  }
  return page;
}
