import { join } from 'node:path';
import { SetupError } from '../../devnet/setupError.js';
import type { Figures } from '../measure/figures.js';
import { benchOptions } from '../measure/options.js';
import type { Target } from '../measure/targets.js';
import { measureLive, measureSequencer, type SequencerLoad } from './lightLive.js';
import type { Used } from './lightMeter.js';
import { dearestFunctions } from './lightProfile.js';
import { measureRest, type RestSetup } from './lightRest.js';
import { lightTargets, profiled } from './lightTargets.js';

const OPTIONS = {
  roles: { default: 'rest,live,sequencer', about: 'what is measured, with commas' },
  settle: { default: 45, about: 'seconds that a node runs before it is watched' },
  seconds: { default: 30, about: 'how long each role is watched', min: 5 },
  minutes: { default: 0.5, about: 'RPC load on the nodes at rest; 0 leaves it out' },
  'cpu-prof': { default: '', about: 'a folder for CPU profiles; their cost is in the figures' },
};

type Options = ReturnType<typeof optionsOf>;
type Row = ReadonlyMap<string, Used>;

/** Compiling is most of what a young node does: it is to have run for a while. */
const MEMORY_TIMES = 1.5;
const CPU_TIMES = 2;
const BLOCK_TIMES = 1.5;
const LOADED_TIMES = 1.2;

const LOADS: readonly (Omit<SequencerLoad, 'hasPeers'> & { readonly name: string })[] = [
  { name: 'blocks of 2 s', blockTimeSec: 2, lateSec: 0 },
  { name: 'blocks of 1 s', blockTimeSec: 1, lateSec: 0 },
  { name: 'back to back', blockTimeSec: 1, lateSec: 3_000 },
];

/**
 * Memory and CPU of a node that rests, verifies, follows and sequences, beside the reference in the same run. With
 * `--cpu-prof` each role's dearest functions are named.
 */
export async function runLightBench(argv: readonly string[], figures: Figures): Promise<void> {
  const options = optionsOf(argv);
  console.log(
    '| role | target | CPU ms/s | CPU ms a block | MiB | files | own | children | V8 heap (used) | external |\n' +
      '|---|---|--:|--:|--:|--:|--:|--:|--:|--:|',
  );
  const measures: Readonly<Record<string, typeof rest>> = { rest, live, sequencer };
  for (const role of options.roles.split(',')) {
    const measure = measures[role];
    if (measure === undefined)
      throw new SetupError(`--roles: ${role} is none of rest, live, sequencer`);
    await measure(options, figures);
  }
}

function optionsOf(argv: readonly string[]) {
  return benchOptions('light', OPTIONS, argv);
}

async function rest(options: Options, figures: Figures): Promise<void> {
  for (const role of ['verifier', 'follower'] as const) {
    for (const hasPeers of [false, true]) await restOf({ role, hasPeers }, options, figures);
  }
}

async function restOf(
  kind: Pick<RestSetup, 'role' | 'hasPeers'>,
  options: Options,
  figures: Figures,
): Promise<void> {
  const name = `${kind.role} at rest${kind.hasPeers ? ', p2p' : ''}`;
  const times = { settleSec: options.settle, seconds: options.seconds };
  const setup = { ...kind, ...times, loadSec: options.minutes * 60 };
  const rested = await measureRest(targetsOf(options, name), setup);
  const before = new Map([...rested].map(([target, used]) => [target, used.before]));
  print(name, before);
  judge(name, before, figures);
  for (const [target, { before: first, after }] of rested) {
    if (after === null) continue;
    print(`${name}, after load`, new Map([[target, after]]));
    if (target === 'slipstream') loaded(name, { first, after }, figures);
  }
  printDearest(options, name);
}

async function live(options: Options, figures: Figures): Promise<void> {
  const times = { settleSec: options.settle, seconds: options.seconds };
  for (const [role, row] of await measureLive(targetsOf(options, 'live'), times)) {
    print(`live ${role}, p2p`, row);
    judge(`live ${role}, p2p`, row, figures);
  }
  printDearest(options, 'live');
}

async function sequencer(options: Options, figures: Figures): Promise<void> {
  const times = { settleSec: options.settle, seconds: options.seconds };
  for (const { name: load, ...loadOf } of LOADS) {
    for (const hasPeers of [false, true]) {
      const name = `sequencer, ${load}${hasPeers ? ', p2p' : ''}`;
      const row = new Map<string, Used>();
      for (const target of targetsOf(options, name)) {
        row.set(target.name, await measureSequencer(target, { ...loadOf, hasPeers }, times));
      }
      print(name, row);
      judgeBlocks(name, row, figures);
      printDearest(options, name);
    }
  }
}

function targetsOf(options: Options, role: string): readonly Target[] {
  const folder = profilesOf(options, role);
  return lightTargets().map((target) => profiled(target, folder));
}

/** Empty where no profiles are wanted. */
function profilesOf(options: Options, role: string): string {
  const folder = options['cpu-prof'];
  return folder === '' ? '' : join(folder, role.replaceAll(/\W+/g, '-'));
}

function printDearest(options: Options, role: string): void {
  const folder = profilesOf(options, role);
  if (folder === '') return;
  for (const line of dearestFunctions(folder, options.seconds)) console.log(line);
}

function print(role: string, row: Row): void {
  for (const [name, used] of row) {
    const { memory, heap, blocks } = used;
    const block = blocks ? (used.cpuMs / blocks).toFixed(1) : '';
    const v8 =
      heap === null ? ['', ''] : [`${mib(heap.total)} (${mib(heap.used)})`, mib(heap.external)];
    const parts = [memory.total, memory.files, memory.own, memory.children].map(mib);
    const cells = [role, name, used.cpuMsPerSec.toFixed(1), block, ...parts, ...v8];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

function judge(role: string, row: Row, figures: Figures): void {
  const [ours, theirs] = [row.get('slipstream'), row.get('op-node')];
  if (ours === undefined) return;
  const add = (what: string, unit: string, of: (used: Used) => number, mostTimes: number): void =>
    figures.add({
      ...{ what: `${role}: ${what}`, unit, ours: of(ours) },
      ...(theirs !== undefined && { theirs: of(theirs) }),
      goal: { mostTimes },
    });
  add('memory', 'MiB', ({ memory }) => memory.total, MEMORY_TIMES);
  add('CPU', 'ms/s', ({ cpuMsPerSec }) => cpuMsPerSec, CPU_TIMES);
}

function judgeBlocks(role: string, row: Row, figures: Figures): void {
  const [ours, theirs] = [row.get('slipstream'), row.get('op-node')];
  if (!ours?.blocks) return;
  figures.add({
    ...{ what: `${role}: CPU a block`, unit: 'ms', ours: ours.cpuMs / ours.blocks },
    ...(theirs?.blocks && { theirs: theirs.cpuMs / theirs.blocks }),
    goal: { mostTimes: BLOCK_TIMES },
  });
}

function loaded(
  role: string,
  { first, after }: { readonly first: Used; readonly after: Used },
  figures: Figures,
): void {
  figures.add({
    ...{ what: `${role}: memory after load against before`, unit: 'times' },
    ours: after.memory.total / first.memory.total,
    goal: { most: LOADED_TIMES },
  });
}

const mib = (value: number): string => value.toFixed(0);
