import { Buffer } from 'node:buffer';
import { toNodeError } from '../errors/nodeError.js';
import { generatePrivateKey, peerIdOfPrivateKey, peerIdOfPublicKeyText } from './keys.js';
import { parsePrivateKey } from './privateKey.js';

/** A line to print, and whether it tells of a failure. */
export interface CommandResult {
  readonly text: string;
  readonly isFailure: boolean;
}

interface KeyCommand {
  readonly usage: string;
  readonly run: (readInput: () => Promise<string>) => string | Promise<string>;
}

/** op-node `op-node/cmd/p2p/cmd.go`. */
const COMMANDS: ReadonlyMap<string, KeyCommand> = new Map([
  [
    'priv2id',
    {
      usage: 'Reads a private key (hex) from standard input and prints its peer id.',
      run: async (readInput: () => Promise<string>) =>
        peerIdOfPrivateKey(parsePrivateKey(await readInput())),
    },
  ],
  [
    'pub2id',
    {
      usage: 'Reads a public key (hex) from standard input and prints its peer id.',
      run: async (readInput: () => Promise<string>) => peerIdOfPublicKeyText(await readInput()),
    },
  ],
  [
    'genkey',
    {
      usage: 'Prints a new private key.',
      run: () => Buffer.from(generatePrivateKey()).toString('hex'),
    },
  ],
]);

/**
 * `slipstream p2p WORD`.
 * @param args what follows `p2p`. @param readInput all of standard input. Never rejects.
 */
export async function runKeyCommand(
  args: readonly string[],
  readInput: () => Promise<string>,
): Promise<CommandResult> {
  const [word] = args;
  const command = word === undefined ? undefined : COMMANDS.get(word);
  if (command === undefined) return { text: usage(), isFailure: word !== undefined };
  try {
    return { text: await command.run(readInput), isFailure: false };
  } catch (thrown) {
    return { text: `slipstream: ${toNodeError(thrown).message}`, isFailure: true };
  }
}

function usage(): string {
  const lines = [...COMMANDS].map(([name, command]) => `  ${name.padEnd(9)}${command.usage}`);
  return ['Usage: slipstream p2p COMMAND', ...lines].join('\n');
}
