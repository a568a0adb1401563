import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a page tells its reader to type, on one line. */
export interface DocCommand {
  readonly page: string;
  readonly text: string;
  readonly words: readonly string[];
}

/** Pages whose commands are run. */
export function pagesWithCommands(root: string): readonly string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return [
    'README.md',
    ...['conformance/README.md', 'bench/README.md', 'deploy/README.md'],
    ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
  ].sort();
}

/** The commands in the `sh` blocks of a page, in order: continued lines joined, comments cut off. */
export function commandsOf(root: string, page: string): readonly DocCommand[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .flatMap((line) => line.replace(/(?:^| )#.*$/, '').split(' && '))
    .map((line) => line.trim().replaceAll(/\s+/g, ' '))
    .filter((line) => line !== '')
    .map((line) => ({ page, text: line, words: line.split(' ') }));
}
