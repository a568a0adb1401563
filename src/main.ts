#!/usr/bin/env node

import { setMaxListeners } from 'node:events';
import { text as readText } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { quickAnswer } from '../config/quickAnswer.js';
import { VERSION } from './node/nodeDeps.js';

/** First words that are no flags; what they do is loaded only when one is there. */
const COMMANDS: ReadonlySet<string> = new Set(['p2p', 'networks', 'doc', 'genesis']);

/**
 * The process edge: command line in, exit code out. 0 after a signal, 1 for whatever stopped the node else. What a
 * node consists of is loaded only when one runs, and with signals caught already.
 */
async function main(args: readonly string[]): Promise<number> {
  if (COMMANDS.has(args[0] ?? '')) return command(args);
  if (args[0] === 'doctor') return doctorCommand(args.slice(1));
  const answer = quickAnswer(args, `${VERSION.version}-${VERSION.meta}`);
  if (answer !== null) {
    process.stdout.write(answer);
    return 0;
  }
  const signal = catchSignals();
  const { run } = await import('./run.js');
  const { compileHttpParser } = await import('./transport/httpParser.js');
  compileHttpParser(setFlagsFromString);
  return run({
    args,
    env: process.env,
    pid: process.pid,
    isTerminal: process.stdout.isTTY,
    reportError: (text) => process.stderr.write(text),
    signal,
  });
}

/** Says what is wrong with a set-up, without a node. */
async function doctorCommand(args: readonly string[]): Promise<number> {
  const { runDoctor } = await import('./doctor/doctorCommand.js');
  const { text, exitCode } = await runDoctor({ args, env: process.env });
  process.stdout.write(text);
  return exitCode;
}

/** Does what the first word says, without a node. */
async function command(args: readonly string[]): Promise<number> {
  const { runCommand } = await import('./commands/runCommand.js');
  const { text, isFailure } = await runCommand(args, {
    env: process.env,
    readInput: () => readText(process.stdin),
  });
  (isFailure ? process.stderr : process.stdout).write(`${text}\n`);
  return isFailure ? 1 : 0;
}

/** Fires at the first SIGINT or SIGTERM; the second one exits at once. */
function catchSignals(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}

// V8 optimizes a function after so many bytes of its bytecode have run; its own 132 KB have a node that does a little each
// second compile for minutes what then runs a little faster. CPU a sequenced block is a quarter less, derivation as fast.
// From its version 12 on V8 counts calls instead, has no such flag, and would complain of it.
if (Number.parseInt(process.versions.v8, 10) < 12) {
  setFlagsFromString('--interrupt-budget=1000000');
}
// One signal ends many waits at once, by design; each wait removes its listener.
setMaxListeners(0);
process.exitCode = await main(process.argv.slice(2));
// Whatever a library still holds open must not keep a stopped node alive.
process.exit();
