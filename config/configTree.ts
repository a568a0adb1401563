import { FLAGS } from './flags.js';

/** The key under which a flag's own value stands when its name is also the beginning of others. */
export const OWN_VALUE_KEY = 'value';

const IS_BRANCH: ReadonlySet<string> = new Set(
  FLAGS.filter((row) => FLAGS.some((other) => other.name.startsWith(`${row.name}.`))).map(
    (row) => row.name,
  ),
);

/** True for a flag such as `l1`, beside which there are flags such as `l1.trustrpc`. */
export function isBranch(name: string): boolean {
  return IS_BRANCH.has(name);
}

/** Where the flag's value stands in the tree: its name, and for a branch the key `value` below it. */
export function treePath(name: string): string {
  return isBranch(name) ? `${name}.${OWN_VALUE_KEY}` : name;
}
