#!/usr/bin/env node

import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { load } from '../config/load.js';
import type { NodeConfig } from '../config/nodeConfig.js';
import { quickAnswer } from '../config/quickAnswer.js';
import { toNodeError } from './errors/nodeError.js';
import { createNode } from './node/node.js';
import { VERSION } from './node/nodeDeps.js';
import { SystemClock } from './runtime/clock.js';
import { parseLogLevel } from './telemetry/logLevel.js';
import { PinoLogger, standardOutput } from './telemetry/pinoLogger.js';

/** The process edge: command line in, exit code out. 0 after a signal, 1 for whatever stopped the node else. */
async function main(args: readonly string[]): Promise<number> {
  const answer = quickAnswer(args, `${VERSION.version}-${VERSION.meta}`);
  if (answer !== null) {
    process.stdout.write(answer);
    return 0;
  }
  let config: NodeConfig;
  try {
    config = load(args, process.env, (path) => readFileSync(path, 'utf8'));
  } catch (thrown) {
    process.stderr.write(`slipstream: ${report(thrown)}\n`);
    return 1;
  }
  return runNode(config);
}

/** Starts the node, waits for a signal or its failure, stops it. */
async function runNode(config: NodeConfig): Promise<number> {
  const clock = new SystemClock();
  const { level, format, color, pid } = config.log;
  const log = PinoLogger.create(
    {
      level: parseLogLevel(level) ?? 'info',
      format,
      color: color ?? process.stdout.isTTY,
      pid: pid ? process.pid : null,
    },
    { clock, destination: standardOutput() },
  );
  const signalled = new AbortController();
  const caught = catchSignals(signalled);
  try {
    const node = await createNode(
      config,
      {
        clock,
        random: Math.random,
        log,
        setLogLevel: (next) => log.setLevel(next),
        version: VERSION,
      },
      signalled.signal,
    );
    await node.start(signalled.signal);
    const failure = await Promise.race([caught, node.failed]);
    if (failure !== null) log.crit('Critical error', { err: failure, ...failure.fields });
    await node.stop();
    return failure === null ? 0 : 1;
  } catch (thrown) {
    if (signalled.signal.aborted) return 0;
    log.crit('Application failed', { message: report(thrown) });
    return 1;
  }
}

/** Resolves with null at the first SIGINT or SIGTERM; the second one exits at once. */
function catchSignals(controller: AbortController): Promise<null> {
  return new Promise((resolve) => {
    const onSignal = (): void => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
      resolve(null);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

/** The message with its causes, outermost first. */
function report(thrown: unknown): string {
  const messages: string[] = [];
  for (let error: unknown = thrown; error !== undefined; ) {
    const text = error instanceof Error ? error.message : String(error);
    if (!messages.includes(text)) messages.push(text);
    error = error instanceof Error ? error.cause : undefined;
  }
  const error = toNodeError(thrown);
  const stack = error.code === 'UNEXPECTED' ? [error.stack ?? ''] : [];
  return [messages.join(': '), ...stack].join('\n');
}

// One signal ends many waits at once, by design; each wait removes its listener.
setMaxListeners(0);
process.exitCode = await main(process.argv.slice(2));
// Whatever a library still holds open must not keep a stopped node alive.
process.exit();
