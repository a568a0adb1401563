import type { JsonObject, JsonValue } from '../src/rollup/json.js';
import { isJsonObject, jsonText, parseJson } from '../src/rollup/json.js';
import { isBranch, OWN_VALUE_KEY } from './configTree.js';
import { findFlag } from './flags.js';
import { nearestFlag } from './nearest.js';
import { parseJsonSetting } from './parseValue.js';
import type { Reading, Setting } from './setting.js';
import { problemLine } from './setting.js';

/** Reads a text file. Throws as fs.readFileSync does. */
export type ReadFile = (path: string) => string;

/**
 * Reads the JSON config file: a tree whose paths are the flags' names, cut at the dots wherever the writer likes.
 * A flag that is also the beginning of others (`l2.follow.source`) takes its value directly, or under `value`.
 */
export function readConfigFile(path: string, readFile: ReadFile): Reading {
  let tree: JsonValue;
  try {
    tree = parseJson(readFile(path));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { settings: [], problems: [`--config: "${path}": expected a JSON file: ${why}`] };
  }
  if (!isJsonObject(tree)) {
    return { settings: [], problems: [`--config: "${path}": expected a JSON object in it`] };
  }
  const settings: Setting[] = [];
  const problems: string[] = [];
  for (const [name, value] of leaves(tree, '')) {
    const row = findFlag(name);
    if (row === null) {
      problems.push(unknownLine(name, path, value));
      continue;
    }
    if (row.name === 'config') {
      problems.push(problemLine(row, path, value, 'it outside of a config file'));
      continue;
    }
    const parsed = parseJsonSetting(row, value);
    if (!parsed.ok) problems.push(problemLine(row, path, value, parsed.expected));
    else if (settings.some((setting) => setting.name === row.name)) {
      problems.push(problemLine(row, path, value, 'it only once in the file'));
    } else settings.push({ name: row.name, value: parsed.value, source: 'file' });
  }
  return { settings, problems };
}

/** Every value of the tree by its dotted name; objects are walked into. */
function leaves(tree: JsonObject, prefix: string): [name: string, value: JsonValue][] {
  return Object.entries(tree).flatMap(([key, value]): [string, JsonValue][] => {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (isJsonObject(value)) return leaves(value, name);
    const owner = name.endsWith(`.${OWN_VALUE_KEY}`) ? name.slice(0, -6) : null;
    return [[owner !== null && isBranch(owner) ? owner : name, value]];
  });
}

function unknownLine(name: string, path: string, value: JsonValue): string {
  const near = nearestFlag(name);
  const hint = near === null ? '' : `, did you mean ${near}?`;
  return `${name} (${path}): ${jsonText(value)}: expected the name of a flag${hint}`;
}
