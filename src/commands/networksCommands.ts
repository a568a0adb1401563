import { networkNames } from '../../config/networkNames.js';
import { findNetwork } from '../../config/networkRollup.js';
import { overridden } from '../../config/overrides.js';
import { readArgs } from '../../config/readArgs.js';
import { readEnv } from '../../config/readEnv.js';
import { mergeSettings } from '../../config/schema.js';
import { rollupConfigJson } from '../rollup/rollupConfigJson.js';
import { type CommandHost, type CommandResult, failure, type Subcommand } from './command.js';

/** `slipstream networks ...`; op-node `op-node/cmd/networks/cmd.go`. */
export const NETWORKS_COMMANDS: ReadonlyMap<string, Subcommand> = new Map([
  [
    'dump-rollup-config',
    {
      usage: 'Prints the rollup config of --network=NAME, with what --override flags move.',
      run: dumpRollupConfig,
    },
  ],
  [
    'list',
    {
      usage: 'Prints the names of all networks.',
      run: () => ({ text: networkNames().join('\n'), isFailure: false }),
    },
  ],
]);

function dumpRollupConfig(args: readonly string[], { env }: CommandHost): CommandResult {
  const fromArgs = readArgs(args);
  const fromEnv = readEnv(env);
  const problems = [...fromArgs.problems, ...fromEnv.problems];
  if (problems.length > 0) return failure(problems.join('\n'));
  const settings = mergeSettings([...fromArgs.settings, ...fromEnv.settings]);
  const name = settings.get('network');
  if (name === '') return failure('must specify a network name');
  const network = findNetwork(name);
  if (network === null) return failure(`invalid network: ${JSON.stringify(name)}`);
  return {
    text: indented(rollupConfigJson(overridden(network.rollup, settings))),
    isFailure: false,
  };
}

/**
 * Compact JSON on many lines, as Go's MarshalIndent writes it. The text is not parsed, since its numbers may be larger than
 * JavaScript's are exact: the texts in a rollup config are hex, and nothing in it is empty.
 */
function indented(json: string): string {
  let indent = '\n';
  return json.replace(/[{}[\],:]/g, (char) => {
    if (char === ':') return ': ';
    if (char === ',') return `,${indent}`;
    if (char === '{' || char === '[') {
      indent += '  ';
      return char + indent;
    }
    indent = indent.slice(0, -2);
    return indent + char;
  });
}
