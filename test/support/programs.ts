import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A program that a test needs and this machine may not have: the one that the variable names, else the first of these
 * names on the path. Null where there is none, which is said: the test is to be skipped.
 */
export function programOrSkip(variable: string, names: readonly string[]): string | null {
  const named = process.env[variable];
  if (named) return named;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isExecutable);
  if (found !== undefined) return found;
  console.log(`skipped: neither ${variable} nor the path has ${names.join(' or ')}`);
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
