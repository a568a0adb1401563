import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type EngineKind, engineKind } from '../devnet/engines.js';
import { projectRoot } from '../devnet/projectRoot.js';
import { SetupError } from '../devnet/setupError.js';

const USAGE = `usage: npm run conformance -- [--world DIR]... [--mode derive|follow] [--url URL] [--node CMD]
                                     [--engine KIND] [--dir DIR]
  --world DIR   a recorded world, may be repeated; every bundled one that the mode can run unless given
  --mode MODE   derive (default) or follow
  --url URL     compare the node that answers there, already at rest, and start nothing; needs one --world
  --node CMD    run this node instead of the built one; it gets op-node's flags
  --engine KIND op-geth, op-geth-as-op-reth or op-reth (OP_RETH_BIN names it); that of L2_ENGINE, or op-geth, unless given
  --dir DIR     keep data and logs in this existing folder; needs one --world`;

/** The bundled worlds with the transcripts of each mode. */
const BUNDLED = {
  derive: ['forks', 'adversarial', 'steady', 'karst', 'lagoon', 'altda'],
  follow: ['forks', 'adversarial'],
} as const;

export interface ConformanceOptions {
  readonly worlds: readonly string[];
  readonly mode: 'follow' | 'derive';
  readonly url?: string;
  readonly command?: readonly string[];
  readonly folder?: string;
  readonly engine: EngineKind;
}

/** Reads the command line. @throws SetupError naming what is wrong, with the usage. */
export function conformanceOptions(argv: readonly string[]): ConformanceOptions {
  const values = parse(argv);
  const mode = values.mode ?? 'derive';
  if (mode !== 'follow' && mode !== 'derive') {
    throw new SetupError(`--mode is derive or follow, not ${mode}\n${USAGE}`);
  }
  const bundled = BUNDLED[mode].map((name) => join(projectRoot(), 'conformance', 'worlds', name));
  const worlds = values.world ?? bundled;
  if ((values.url ?? values.dir) !== undefined && worlds.length !== 1) {
    throw new SetupError(`--url and --dir need exactly one --world\n${USAGE}`);
  }
  return {
    worlds,
    mode,
    engine: engineKind(values.engine, process.env),
    ...(values.url !== undefined && { url: values.url }),
    ...(values.dir !== undefined && { folder: values.dir }),
    ...(values.node !== undefined && { command: values.node.split(/\s+/).filter(Boolean) }),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        world: { type: 'string', multiple: true },
        mode: { type: 'string' },
        url: { type: 'string' },
        node: { type: 'string' },
        dir: { type: 'string' },
        engine: { type: 'string' },
      },
    }).values;
  } catch (thrown) {
    throw new SetupError(`${thrown instanceof Error ? thrown.message : thrown}\n${USAGE}`);
  }
}
