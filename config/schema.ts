import convict from 'convict';
import { treePath } from './configTree.js';
import type { FlagRow } from './flagRow.js';
import type { FlagName, ValueOf } from './flags.js';
import { FLAGS } from './flags.js';
import { expectedOf, hasKind } from './parseValue.js';
import type { Setting, Source } from './setting.js';
import { SOURCES } from './setting.js';

/** A tree of plain objects. */
interface Tree {
  [key: string]: unknown;
}

/** The merged flags: read by name, with the type that the table gives. */
export interface Settings {
  get<N extends FlagName>(name: N): ValueOf<N>;
  /** True when a flag, a variable or the config file gave a value. */
  isSet(name: FlagName): boolean;
}

/** The convict schema of the table: one leaf for each flag, at its place in the tree. */
export function convictSchema(): Tree {
  const schema: Tree = {};
  for (const row of FLAGS) put(schema, treePath(row.name), leaf(row));
  return schema;
}

/**
 * Merges what the sources gave, by convict: defaults, then file, environment and command line, each over the one before.
 * @param settings of the right kinds, as the readers give them.
 * @throws Error when a value does not have its flag's kind, or a name is not in the schema.
 */
export function mergeSettings(settings: readonly Setting[]): Settings {
  // Without its own env and args, convict would read the process.
  const config = convict<Tree>(convictSchema() as convict.Schema<Tree>, { env: {}, args: [] });
  for (const source of SOURCES) config.load(treeOf(settings, source));
  config.validate({ allowed: 'strict', output: () => undefined });
  const given = new Set(settings.map((setting) => setting.name));
  const values = new Map(FLAGS.map((row) => [row.name, config.get(treePath(row.name))]));
  return {
    get: <N extends FlagName>(name: N) => values.get(name) as ValueOf<N>,
    isSet: (name) => given.has(name),
  };
}

function leaf(row: FlagRow): Tree {
  return {
    doc: row.usage,
    default: row.default,
    format: (value: unknown) => {
      if (!hasKind(row, value)) throw new Error(`expected ${expectedOf(row)}`);
    },
    sensitive: row.isSecret === true,
  };
}

function treeOf(settings: readonly Setting[], source: Source): Tree {
  const tree: Tree = {};
  for (const setting of settings) {
    if (setting.source === source) put(tree, treePath(setting.name), setting.value);
  }
  return tree;
}

function put(tree: Tree, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let node = tree;
  for (const key of keys) {
    const child = (node[key] ?? {}) as Tree;
    node[key] = child;
    node = child;
  }
  node[last] = value;
}
