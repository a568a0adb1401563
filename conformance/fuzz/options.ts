import { parseArgs } from 'node:util';
import { SetupError } from '../../devnet/setupError.js';

const USAGE = `usage: npm run conformance -- fuzz --reference URL --url URL [-n N] [--seed S] [--connections C]
  --reference URL  the node that is right, at rest
  --url URL        the node that is held against it, at rest at the same place
  -n N             requests; 10000 unless given
  --seed S         the same seed sends the same requests; 1 unless given
  --connections C  to each node at a time; 16 unless given`;

export interface FuzzOptions {
  readonly reference: string;
  readonly url: string;
  readonly count: number;
  readonly seed: number;
  readonly connections: number;
}

/** Reads the command line behind `fuzz`. @throws SetupError naming what is wrong, with the usage. */
export function fuzzOptions(argv: readonly string[]): FuzzOptions {
  const values = parse(argv);
  return {
    reference: address('reference', values.reference),
    url: address('url', values.url),
    count: whole('-n', values.count, 10_000),
    seed: whole('--seed', values.seed, 1),
    connections: whole('--connections', values.connections, 16),
  };
}

function address(name: string, text: string | undefined): string {
  if (text !== undefined && /^http:\/\/[^/]+\/?$/.test(text) && URL.canParse(text)) return text;
  throw new SetupError(`--${name} is the address of a node, like http://127.0.0.1:9545\n${USAGE}`);
}

function whole(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value > 0 && value < 2 ** 31) return value;
  throw new SetupError(`${name} is a whole number above 0, not ${text}\n${USAGE}`);
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    ...{ reference: text, url: text, seed: text, connections: text },
    count: { type: 'string', short: 'n' },
  } as const;
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (thrown) {
    throw new SetupError(`${thrown instanceof Error ? thrown.message : thrown}\n${USAGE}`);
  }
}
