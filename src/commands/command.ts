import type { Env } from '../../config/readEnv.js';

/** A line or more to print, without the last line end, and whether it tells of a failure. */
export interface CommandResult {
  readonly text: string;
  readonly isFailure: boolean;
}

/** What a command may use of the process. */
export interface CommandHost {
  readonly env: Env;
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
}

/** One word behind the first one: `dump-rollup-config` of `networks`. */
export interface Subcommand {
  readonly usage: string;
  readonly run: (
    args: readonly string[],
    host: CommandHost,
  ) => CommandResult | Promise<CommandResult>;
}

export function failure(why: string): CommandResult {
  return { text: `slipstream: ${why}`, isFailure: true };
}

/** How a command is used, shown for --help, for no word, and for one that it does not have. */
export function usageOf(word: string, commands: ReadonlyMap<string, Subcommand>): string {
  const width = Math.max(...[...commands.keys()].map((name) => name.length)) + 2;
  const lines = [...commands].map(([name, { usage }]) => `  ${name.padEnd(width)}${usage}`);
  return [`Usage: slipstream ${word} COMMAND`, ...lines].join('\n');
}
