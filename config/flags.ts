import type { FlagRow, RowValue } from './flagRow.js';
import { FOLLOW_FLAGS } from './followFlags.js';
import { L1_FLAGS } from './l1Flags.js';
import { OPERATIONS_FLAGS } from './operationsFlags.js';
import { OTHER_FLAGS } from './otherFlags.js';
import { P2P_FLAGS } from './p2pFlags.js';
import { ROLLUP_FLAGS } from './rollupFlags.js';
import { SEQUENCER_FLAGS } from './sequencerFlags.js';

const TABLE = [
  ...ROLLUP_FLAGS,
  ...FOLLOW_FLAGS,
  ...L1_FLAGS,
  ...SEQUENCER_FLAGS,
  ...OPERATIONS_FLAGS,
  ...P2P_FLAGS,
  ...OTHER_FLAGS,
] as const;

type Row = (typeof TABLE)[number];

/** A flag's name, without dashes and aliases. */
export type FlagName = Row['name'];

/** The type of a flag's value. */
export type ValueOf<N extends FlagName> = RowValue<Extract<Row, { name: N }>>;

/**
 * Every flag, once: parser, environment, config file, --help and docs/flags.md all read this table.
 * Spec: op-node v1.19.0 `op-node/flags`, `op-service/{rpc,metrics,log,oppprof,flags,signer}`, `op-alt-da`.
 */
export const FLAGS: readonly (FlagRow & { readonly name: FlagName })[] = TABLE;

const BY_NAME: ReadonlyMap<string, FlagRow & { readonly name: FlagName }> = new Map(
  FLAGS.flatMap((row) => [row.name, ...(row.aliases ?? [])].map((name) => [name, row] as const)),
);

/** The row of a name or alias, or null. */
export function findFlag(name: string): (FlagRow & { readonly name: FlagName }) | null {
  return BY_NAME.get(name) ?? null;
}
