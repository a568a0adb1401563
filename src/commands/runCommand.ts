import { toNodeError } from '../errors/nodeError.js';
import { runKeyCommand } from '../p2p/keyCommand.js';
import {
  type CommandHost,
  type CommandResult,
  failure,
  type Subcommand,
  usageOf,
} from './command.js';
import { DOC_COMMANDS } from './docCommands.js';
import { NETWORKS_COMMANDS } from './networksCommands.js';

/** op-node's commands that a node has a use for, but `p2p`. */
const COMMANDS: ReadonlyMap<string, ReadonlyMap<string, Subcommand>> = new Map([
  ['doc', DOC_COMMANDS],
  ['networks', NETWORKS_COMMANDS],
]);
const HELP = /^--?(?:h|help)$/;

/**
 * `slipstream WORD ...` for the words that are commands. What each prints is op-node's to the byte.
 * Spec: op-node `op-node/cmd`, `op-service/metrics/doc`. Differs: `genesis`, which makes new chains rather than runs them,
 * is refused.
 * @param args the first one is the word. Never rejects.
 */
export async function runCommand(
  args: readonly string[],
  host: CommandHost,
): Promise<CommandResult> {
  const [word = '', name = '', ...rest] = args;
  if (word === 'p2p') return runKeyCommand(args.slice(1), host.readInput);
  if (word === 'genesis') {
    return failure(
      'genesis is not here: it makes new chains, for which op-deployer or op-node serve',
    );
  }
  const commands = COMMANDS.get(word);
  if (commands === undefined) return failure(`${word} is no command`);
  const usage = usageOf(word, commands);
  const command = commands.get(name);
  if (command === undefined) {
    const isFailure = name !== '' && name !== 'help' && !HELP.test(name);
    return { text: usage, isFailure };
  }
  if (rest.some((arg) => HELP.test(arg))) return { text: usage, isFailure: false };
  try {
    return await command.run(rest, host);
  } catch (thrown) {
    return failure(toNodeError(thrown).message);
  }
}
