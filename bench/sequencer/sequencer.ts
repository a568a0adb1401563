import { setTimeout as sleep } from 'node:timers/promises';
import { EngineTap, type TappedCall } from '../../conformance/engineTap.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { waitFor } from '../../devnet/waitFor.js';
import { type Figures, sideBySide } from '../measure/figures.js';
import { headTimes } from '../measure/headTimes.js';
import { benchOptions } from '../measure/options.js';
import { percentile } from '../measure/percentile.js';
import { processCpuMs } from '../measure/processCpu.js';
import { benchTargets, type Target } from '../measure/targets.js';
import { openEarlyForksRig } from '../rigs/earlyForksRig.js';

/** Block time, and how long the chain has existed when the node starts: it builds what it has missed without a pause. */
interface Load {
  readonly name: string;
  readonly blockTimeSec: number;
  readonly lateSec: number;
}

interface Measured {
  /** From the time that the block is due to its sealed payload, negative before it. */
  readonly sealedMs: readonly number[];
  /** From the sealed payload to the forkchoice that makes it the head. */
  readonly insertedMs: readonly number[];
  /** Between one head and the next. */
  readonly periodMs: readonly number[];
  readonly cpuMsPerBlock: number;
}

const LOADS: readonly Load[] = [
  { name: 'blocks of 2 s', blockTimeSec: 2, lateSec: 0 },
  { name: 'blocks of 1 s', blockTimeSec: 1, lateSec: 0 },
  { name: 'back to back (late by 1500 s)', blockTimeSec: 1, lateSec: 1_500 },
];
const OPTIONS = { blocks: { default: 40, about: 'blocks measured in each run', min: 1 } };
const REACH_MS = 180_000;
/** The start is not measured: code gets warm, and what checks blobs is set up once a process, which takes seconds. */
const WARM_UP_MS = 12_000;

/**
 * What a sequencer adds to its engine's work, seen at the Engine API: when blocks are sealed against when they are due,
 * how long insertion takes, and CPU a block. The targets take turns, each on an L1 and an engine of its own;
 * `OP_NODE_BIN` names an op-node to stand beside. Where it is late, the time between two heads is what counts: 250 ms
 * are four blocks a second.
 */
export async function runSequencerBench(argv: readonly string[], figures: Figures): Promise<void> {
  const { blocks } = benchOptions('sequencer', OPTIONS, argv);
  const targets = benchTargets();
  for (const load of LOADS) {
    const cpu = new Map<string, number>();
    for (const target of targets) {
      const measured = await measure(load, target, blocks);
      print(load, target.name, measured);
      cpu.set(target.name, measured.cpuMsPerBlock);
    }
    const both = sideBySide((name) => cpu.get(name) ?? Number.NaN, targets);
    const goal = { mostTimes: 1.5 };
    figures.add({ what: `sequencer, ${load.name}: CPU a block`, unit: 'ms', ...both, goal });
  }
}

async function measure(load: Load, { name, command }: Target, blocks: number): Promise<Measured> {
  const group = await ProcessGroup.open();
  try {
    const rig = await openEarlyForksRig(group, load);
    const geth = await rig.engine('op-geth');
    const tap = group.own(await EngineTap.start(geth.engineUrl));
    const { node } = await rig.node({
      ...{ name, command, geth: { ...geth, engineUrl: tap.url } },
      flags: ['--sequencer.enabled', '--sequencer.l1-confs=0'],
    });
    const reached = (count: number) => () => sealed(tap.calls).length >= count || undefined;
    const wait = { timeoutMs: REACH_MS, failIf: () => node.process.failure() };
    await sleep(WARM_UP_MS);
    const pid = node.process.pid ?? 0;
    const [cpuBefore, from] = [processCpuMs(pid), sealed(tap.calls).length];
    await waitFor(reached(from + blocks), { what: `${blocks} blocks`, ...wait });
    const built = sealed(tap.calls).length - from;
    const cpuMsPerBlock = (processCpuMs(pid) - cpuBefore) / built;
    return { ...times(tap.calls, from), cpuMsPerBlock };
  } finally {
    await group.stop();
  }
}

const sealed = (calls: readonly TappedCall[]): readonly TappedCall[] =>
  calls.filter(({ method, result }) => method.startsWith('engine_getPayload') && result !== null);

function times(calls: readonly TappedCall[], from: number): Omit<Measured, 'cpuMsPerBlock'> {
  const heads = headTimes(calls);
  const blocks = sealed(calls)
    .slice(from)
    .flatMap(({ result, answeredMs }) => {
      const { executionPayload } = result as {
        readonly executionPayload: { readonly blockHash: string; readonly timestamp: string };
      };
      const headMs = heads.get(executionPayload.blockHash);
      const dueMs = Number(executionPayload.timestamp) * 1000;
      return headMs === undefined ? [] : [{ dueMs, answeredMs, headMs }];
    });
  return {
    sealedMs: blocks.map(({ dueMs, answeredMs }) => answeredMs - dueMs),
    insertedMs: blocks.map(({ answeredMs, headMs }) => headMs - answeredMs),
    periodMs: blocks.slice(1).map(({ headMs }, index) => headMs - (blocks[index]?.headMs ?? 0)),
  };
}

function print({ name: load, lateSec }: Load, name: string, measured: Measured): void {
  const shown = (values: readonly number[]) =>
    `p50 ${percentile(values, 0.5).toFixed(0)} ms, p99 ${percentile(values, 0.99).toFixed(0)} ms`;
  const timing =
    lateSec > 0
      ? `between two heads ${shown(measured.periodMs)}`
      : `sealed after due ${shown(measured.sealedMs)}`;
  console.log(
    `${load}, ${name}: ${timing}; inserted after sealed ${shown(measured.insertedMs)}; ` +
      `CPU a block ${measured.cpuMsPerBlock.toFixed(1)} ms (${measured.insertedMs.length} blocks)`,
  );
}
