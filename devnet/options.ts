import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type EngineKind, engineKind } from './engines.js';
import { projectRoot } from './projectRoot.js';
import { SetupError } from './setupError.js';

const USAGE = `usage: npm run devnet -- [--seconds N] [--json] [--node CMD] [--engine KIND] [--altda KIND]
       npm run devnet -- --recorded [--world DIR] [--speed X] [--start N] [--seconds N] [--node CMD]
  --seconds N   end after N seconds; else it runs until Ctrl-C
  --json        a line of JSON with all heads each second, for machines
  --node CMD    run this node instead of the built one; it gets op-node's flags
  --engine KIND op-geth, op-geth-as-op-reth or op-reth (OP_RETH_BIN names it); that of L2_ENGINE, or op-geth, unless given
  --altda KIND  batches go to a DA server, L1 gets commitments: keccak, which can be challenged, or generic
  --recorded    a follower of a recorded chain instead of a live network
  --world DIR   a recorded world; conformance/worlds/forks unless given
  --speed X     X recorded seconds pass in one; 1 unless given
  --start N     L1 block to start at; 5 unless given`;

export interface DevnetOptions {
  /** A recorded chain is replayed; else a live network runs. */
  readonly isRecorded: boolean;
  readonly isJson: boolean;
  readonly world: string;
  /** Infinity = until stopped. */
  readonly seconds: number;
  readonly speed: number;
  readonly start: number;
  readonly command?: readonly string[];
  readonly engine: EngineKind;
  /** The kind of commitments to batches that are not on L1. */
  readonly altDa?: 'keccak' | 'generic';
}

/** Reads the command line. @throws SetupError naming what is wrong, with the usage. */
export function devnetOptions(argv: readonly string[]): DevnetOptions {
  const values = parse(argv);
  const { altda } = values;
  if (altda !== undefined && altda !== 'keccak' && altda !== 'generic') {
    throw new SetupError(`--altda is keccak or generic, not ${altda}\n${USAGE}`);
  }
  return {
    isRecorded: values.recorded ?? false,
    isJson: values.json ?? false,
    world: values.world ?? join(projectRoot(), 'conformance', 'worlds', 'forks'),
    seconds: number('seconds', values.seconds, Number.POSITIVE_INFINITY),
    speed: number('speed', values.speed, 1),
    start: number('start', values.start, 5),
    engine: engineKind(values.engine, process.env),
    ...(altda !== undefined && { altDa: altda }),
    ...(values.node !== undefined && { command: values.node.split(/\s+/).filter(Boolean) }),
  };
}

function number(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0 || (name === 'speed' && value === 0)) {
    throw new SetupError(`--${name} is a number above 0, not ${text}\n${USAGE}`);
  }
  return value;
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{ recorded: flag, json: flag },
    ...{
      world: text,
      seconds: text,
      speed: text,
      start: text,
      node: text,
      engine: text,
      altda: text,
    },
  };
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (thrown) {
    throw new SetupError(`${thrown instanceof Error ? thrown.message : thrown}\n${USAGE}`);
  }
}
