import { FLAGS } from './flags.js';
import { parseText } from './parseValue.js';
import type { Reading, Setting } from './setting.js';
import { problemLine } from './setting.js';

/** The environment: names to values. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the flags' environment variables; the first variable of a flag that is set wins. An empty variable gives
 * an empty text or list and false, as in op-node; a number, duration or enum stays as it is.
 * Differs: an empty OP_NODE_L1_ETH_RPC counts as not set, because leaving out the L1 is asked for by --l1= only.
 */
export function readEnv(env: Env): Reading {
  const settings: Setting[] = [];
  const problems: string[] = [];
  for (const row of FLAGS) {
    const variable = row.env.find((name) => env[name] !== undefined);
    if (variable === undefined) continue;
    const text = env[variable] ?? '';
    const isKept = ['string', 'path', 'list', 'bool'].includes(row.kind) && row.name !== 'l1';
    if (text === '' && !isKept) continue;
    const parsed = parseText(row, text === '' && row.kind === 'bool' ? 'false' : text);
    if (parsed.ok) settings.push({ name: row.name, value: parsed.value, source: 'env' });
    else problems.push(problemLine(row, variable, text, parsed.expected));
  }
  return { settings, problems };
}

/** Variables with the node's prefix that no flag has, sorted. */
export function unknownEnv(env: Env): readonly string[] {
  const known = new Set(FLAGS.flatMap((row) => row.env));
  return Object.keys(env)
    .filter((name) => name.startsWith('OP_NODE_') && !known.has(name))
    .sort();
}
