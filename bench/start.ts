import { builtNode } from '../devnet/nodeProcess.js';
import { commandTimes } from './commandTimes.js';
import { benchOptions } from './options.js';
import { percentile } from './percentile.js';
import { type Mark, START_MODES, type Started, StartRig } from './startRig.js';

interface Target {
  readonly name: string;
  readonly command: readonly string[];
}

const OPTIONS = {
  rounds: { default: 7, about: 'starts of each target; the median counts', min: 1 },
};

/**
 * How long a node takes from the start of its process to its first RPC answer and to its first Engine API call, and
 * what CPU and memory it has used by then; and how long `--version` and `--help` take. The targets take turns;
 * `OP_NODE_BIN` names an op-node to stand beside.
 */
export async function runStartBench(argv: readonly string[]): Promise<void> {
  const { rounds } = benchOptions('start', OPTIONS, argv);
  const reference = process.env.OP_NODE_BIN;
  const targets: Target[] = [
    { name: 'slipstream', command: builtNode() },
    ...(reference ? [{ name: 'op-node', command: [reference] }] : []),
  ];
  console.log(`median (slowest) of ${rounds}\n`);
  await printCommands(targets, rounds);
  for (const mode of START_MODES) {
    console.log(`\n| as a ${mode.name} | until | ms | CPU ms | MiB |\n|---|---|--:|--:|--:|`);
    const runs = await StartRig.measure(mode, targets, rounds);
    for (const { name } of targets) print(name, runs.get(name) ?? []);
  }
}

async function printCommands(targets: readonly Target[], rounds: number): Promise<void> {
  console.log('| command | target | ms |\n|---|---|--:|');
  for (const flag of ['--version', '--help']) {
    for (const { name, command } of targets) {
      console.log(
        `| ${flag} | ${name} | ${shown(await commandTimes([...command, flag], rounds))} |`,
      );
    }
  }
}

function print(name: string, runs: readonly Started[]): void {
  const row = (until: string, mark: (run: Started) => Mark): void => {
    const marks = runs.map(mark);
    const of = (value: (mark: Mark) => number): string => shown(marks.map(value));
    const [cpu, memory] = [of(({ cpuMs }) => cpuMs), of(({ memoryMiB }) => memoryMiB)];
    console.log(`| ${name} | ${until} | ${of(({ ms }) => ms)} | ${cpu} | ${memory} |`);
  };
  row('first RPC answer', ({ answer }) => answer);
  row('first Engine API call', ({ engineCall }) => engineCall);
}

function shown(values: readonly number[]): string {
  return `${percentile(values, 0.5).toFixed(0)} (${percentile(values, 1).toFixed(0)})`;
}
