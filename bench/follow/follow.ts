import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../../conformance/world.js';
import { recordedWorld } from '../../devnet/followRig.js';
import type { Figures } from '../measure/figures.js';
import { benchOptions } from '../measure/options.js';
import { percentile } from '../measure/percentile.js';
import { residentMiB } from '../measure/residentMemory.js';
import { FIRST_L1_HEIGHT, movingHeights } from '../rigs/followMoves.js';
import { benchFollowCpu } from './followCpu.js';
import { type Way, withFollower } from './withFollower.js';

/** Our status is read this often while a move is awaited: the error of a measurement. */
const LOOK_MS = 2;
const MOVE_TIMEOUT_MS = 30_000;
const MEMORY_INTERVAL_MS = 250;
const MEMORY_STEP_MS = 1_000;
const STEPS_PER_MINUTE = 60;

const OPTIONS = {
  samples: { default: 60, about: 'moves per poll interval; 0 leaves staleness out', max: 80 },
  intervals: { default: [250, 2000], about: 'poll intervals in milliseconds' },
  minutes: { default: 1, about: 'how long memory is watched; 0 leaves it out' },
  'cpu-seconds': { default: 10, about: 'how long CPU is watched; 0 leaves it out' },
};

/** Measures how stale a follower is behind its source, and what CPU and memory it takes to follow. */
export async function runFollowBench(argv: readonly string[], figures: Figures): Promise<void> {
  const options = benchOptions('follow', OPTIONS, argv);
  const world = recordedWorld('forks');
  for (const isPushed of options.samples > 0 ? [true, false] : []) {
    for (const intervalMs of options.intervals) {
      const { values, memory } = await staleness(world, { intervalMs, isPushed }, options.samples);
      const ms = (share: number) => percentile(values, share).toFixed(1);
      const how = isPushed ? 'push beside polls' : 'polls';
      const add = (which: string, share: number, most: number): void =>
        figures.add({
          ...{
            what: `staleness of the safe head, ${how} each ${intervalMs} ms: ${which}`,
            unit: 'ms',
          },
          ...{ ours: percentile(values, share), ...(isPushed && { goal: { most } }) },
        });
      add('p50', 0.5, 50);
      add('p99', 0.99, 150);
      console.log(
        `staleness with ${how} each ${intervalMs} ms, ${values.length} moves: p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, max ${ms(1)} ms; memory ${memory.toFixed(0)} MiB`,
      );
    }
  }
  if (options['cpu-seconds'] > 0) await benchFollowCpu(world, options['cpu-seconds'], figures);
  if (options.minutes > 0) await watchMemory(world, options.minutes);
}

/** Times from a move of the source's safe head to ours, each move at a random moment between two polls. */
async function staleness(
  world: World,
  way: Way,
  samples: number,
): Promise<{ readonly values: readonly number[]; readonly memory: number }> {
  return withFollower(world, way, async (rig, source) => {
    const values: number[] = [];
    for (const height of movingHeights(world).slice(0, samples)) {
      await sleep(Math.random() * way.intervalMs);
      source.moveTo(height);
      const { hash } = source.status.safe_l2;
      const started = performance.now();
      while ((await rig.status()).safe_l2.hash !== hash) {
        if (performance.now() - started > MOVE_TIMEOUT_MS) throw new Error('the move never came');
        await sleep(LOOK_MS);
      }
      values.push(performance.now() - started);
    }
    return { values, memory: await residentMiB(rig.node.process.pid ?? 0) };
  });
}

/** Prints resident memory each minute, while the source moves each second, to the end and round again. */
async function watchMemory(world: World, minutes: number): Promise<void> {
  const way = { intervalMs: MEMORY_INTERVAL_MS, isPushed: false };
  await withFollower(world, way, async (rig, source) => {
    const heights = movingHeights(world);
    const say = async (minute: number) => {
      const memory = await residentMiB(rig.node.process.pid ?? 0);
      console.log(`memory after ${minute} min: ${memory.toFixed(0)} MiB`);
    };
    await say(0);
    for (let step = 1; step <= minutes * STEPS_PER_MINUTE; step += 1) {
      source.moveTo(heights[step % heights.length] ?? FIRST_L1_HEIGHT);
      await rig.status();
      await sleep(MEMORY_STEP_MS);
      if (step % STEPS_PER_MINUTE === 0) await say(step / STEPS_PER_MINUTE);
    }
  });
}
