import { type Figures, type Goal, sideBySide } from '../measure/figures.js';
import { benchOptions } from '../measure/options.js';
import { percentile } from '../measure/percentile.js';
import { benchTargets, type Target } from '../measure/targets.js';
import { commandTimes } from './commandTimes.js';
import { type Mark, START_MODES, type Started, StartRig } from './startRig.js';

const OPTIONS = {
  rounds: { default: 7, about: 'starts of each target; the median counts', min: 1 },
};

/**
 * How long a node takes from the start of its process to its first RPC answer and to its first Engine API call, and
 * what CPU and memory it has used by then; and how long `--version` and `--help` take. The targets take turns;
 * `OP_NODE_BIN` names an op-node to stand beside.
 */
export async function runStartBench(argv: readonly string[], figures: Figures): Promise<void> {
  const { rounds } = benchOptions('start', OPTIONS, argv);
  const targets = benchTargets();
  console.log(`median (slowest) of ${rounds}\n`);
  await measureCommands(targets, rounds, figures);
  for (const mode of START_MODES) {
    console.log(`\n| as a ${mode.name} | until | ms | CPU ms | MiB |\n|---|---|--:|--:|--:|`);
    const runs = await StartRig.measure(mode, targets, rounds);
    for (const { name } of targets) print(name, runs.get(name) ?? []);
    const figure = (what: string, unit: string, of: (run: Started) => number, goal?: Goal) =>
      figures.add({
        ...{ what: `start as a ${mode.name}: ${what}`, unit, ...(goal !== undefined && { goal }) },
        ...sideBySide((name) => percentile((runs.get(name) ?? []).map(of), 0.5), targets),
      });
    figure('first RPC answer', 'ms', ({ answer }) => answer.ms, { most: 500 });
    figure('first Engine API call', 'ms', ({ engineCall }) => engineCall.ms, { most: 1_000 });
    figure('CPU by the first answer', 'ms', ({ answer }) => answer.cpuMs);
  }
}

async function measureCommands(
  targets: readonly Target[],
  rounds: number,
  figures: Figures,
): Promise<void> {
  console.log('| command | target | ms |\n|---|---|--:|');
  for (const flag of ['--version', '--help']) {
    const times = new Map<string, readonly number[]>();
    for (const { name, command } of targets) {
      const tookMs = await commandTimes([...command, flag], rounds);
      times.set(name, tookMs);
      console.log(`| ${flag} | ${name} | ${shown(tookMs)} |`);
    }
    const both = sideBySide((name) => percentile(times.get(name) ?? [], 0.5), targets);
    figures.add({ what: flag, unit: 'ms', ...both, goal: { most: 150 } });
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
