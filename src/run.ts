import { readFileSync } from 'node:fs';
import { load } from '../config/load.js';
import type { NodeConfig } from '../config/nodeConfig.js';
import type { Env } from '../config/readEnv.js';
import { toNodeError } from './errors/nodeError.js';
import { createNode } from './node/node.js';
import { VERSION } from './node/nodeDeps.js';
import { onAbort } from './runtime/abort.js';
import { SystemClock } from './runtime/clock.js';
import { keepHeapSmall } from './runtime/heapKeeper.js';
import { v8Heap } from './runtime/v8Heap.js';
import { parseLogLevel } from './telemetry/logLevel.js';
import { PinoLogger, standardOutput } from './telemetry/pinoLogger.js';

/** What a process lends its run. */
export interface RunningProcess {
  /** The command line without program and script. */
  readonly args: readonly string[];
  readonly env: Env;
  readonly pid: number;
  /** True when standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Takes what went wrong before there was a log. */
  readonly reportError: (text: string) => void;
  /** Fires when the process is to end. */
  readonly signal: AbortSignal;
}

/**
 * Runs a node of the command line until the signal or its own failure ends it.
 * @returns the exit code: 0 after the signal, 1 otherwise. Never throws.
 */
export async function run(host: RunningProcess): Promise<number> {
  let config: NodeConfig;
  try {
    config = load(host.args, host.env, (path) => readFileSync(path, 'utf8'));
  } catch (thrown) {
    host.reportError(`slipstream: ${report(thrown)}\n`);
    return 1;
  }
  return runNode(config, host);
}

/** Starts the node, waits for the signal or its failure, stops it. */
async function runNode(
  config: NodeConfig,
  { pid, isTerminal, signal }: RunningProcess,
): Promise<number> {
  const clock = new SystemClock();
  const { level, format, color, pid: showsPid } = config.log;
  const log = PinoLogger.create(
    {
      level: parseLogLevel(level) ?? 'info',
      format,
      color: color ?? isTerminal,
      pid: showsPid ? pid : null,
    },
    { clock, destination: standardOutput() },
  );
  const signalled = new Promise<null>((resolve) => {
    onAbort(signal, () => resolve(null));
  });
  const setLogLevel = log.setLevel.bind(log);
  try {
    const deps = { clock, random: Math.random, log, setLogLevel, version: VERSION };
    const node = await createNode(config, deps, signal);
    await node.start(signal);
    void keepHeapSmall(v8Heap(), clock, signal);
    const failure = await Promise.race([signalled, node.failed]);
    if (failure !== null) log.crit('Critical error', { err: failure, ...failure.fields });
    await node.stop();
    return failure === null ? 0 : 1;
  } catch (thrown) {
    if (signal.aborted) return 0;
    log.crit('Application failed', { message: report(thrown) });
    return 1;
  }
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
