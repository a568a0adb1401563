import { parseArgs } from 'node:util';
import { SetupError } from '../../devnet/setupError.js';

const USAGE = `usage: npm run conformance -- record --chain DIR --l1 URL --beacon URL --l2 URL [--da URL] --out DIR
                                            [--finalized N] [--node CMD]
  --chain DIR   has rollup.json, l1-chain-config.json and l2-genesis.json
  --l1 URL      JSON-RPC of the L1, which stands still
  --beacon URL  its beacon API
  --l2 URL      JSON-RPC of the sequencer's execution client
  --da URL      DA server, where the chain has one
  --out DIR     the new world
  --finalized N the block that is finalized at rest; the L1's own unless given
  --node CMD    the node whose derivation is recorded; it gets op-node's flags`;

export interface RecordOptions {
  readonly chain: string;
  readonly l1: string;
  readonly beacon: string;
  readonly l2: string;
  readonly da: string | null;
  readonly out: string;
  /** Number of the L1 block that is finalized at rest; the L1's own unless given. */
  readonly finalized?: number;
  /** The node's command line without flags; the built node unless given. */
  readonly command?: readonly string[];
}

/** Reads the command line behind `record`. @throws SetupError naming what is wrong, with the usage. */
export function recordOptions(argv: readonly string[]): RecordOptions {
  const { chain, l1, beacon, l2, da = null, out, finalized, node } = parse(argv);
  if (!chain || !l1 || !beacon || !l2 || !out) {
    throw new SetupError(`record needs --chain, --l1, --beacon, --l2 and --out\n${USAGE}`);
  }
  if (finalized !== undefined && !/^[0-9]{1,9}$/.test(finalized)) {
    throw new SetupError(`--finalized is a block number, not ${finalized}\n${USAGE}`);
  }
  return {
    ...{ chain, l1, beacon, l2, da, out },
    ...(finalized !== undefined && { finalized: Number(finalized) }),
    ...(node !== undefined && { command: node.split(/\s+/).filter(Boolean) }),
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    chain: text,
    l1: text,
    beacon: text,
    l2: text,
    da: text,
    out: text,
    finalized: text,
    node: text,
  };
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (thrown) {
    throw new SetupError(`${thrown instanceof Error ? thrown.message : thrown}\n${USAGE}`);
  }
}
