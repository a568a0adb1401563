import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../../conformance/world.js';
import type { FollowRig } from '../../devnet/followRig.js';
import type { Figures } from '../measure/figures.js';
import { processCpuMs } from '../measure/processCpu.js';
import { movingHeights } from '../rigs/followMoves.js';
import { type MovingSource, withFollower } from './withFollower.js';

/** So seldom that it costs nothing, and a first status that came too early is soon asked for again. */
const SELDOM_MS = 5_000;
const POLL_MS = 20;
/** Between two moves: enough for each to be taken on its own. */
const MOVE_EVERY_MS = 100;
/** Not measured: code gets warm. */
const WARM_UP_MS = 5_000;
const WARM_UP_MOVES = 20;

interface Used {
  readonly cpuMs: number;
  readonly ms: number;
  readonly polls: number;
  readonly moves: number;
}

/**
 * CPU that one status costs a follower: polled and the same as before, polled and changed, pushed. What the node takes in
 * the same time without any is taken off: L1 is polled twice a second.
 */
export async function benchFollowCpu(
  world: World,
  seconds: number,
  figures: Figures,
): Promise<void> {
  const pushing = { intervalMs: SELDOM_MS, isPushed: true };
  const pushed = await withFollower(world, pushing, async (rig, source) => {
    await sleep(WARM_UP_MS);
    return {
      resting: await measure(rig, () => sleep(seconds * 1000).then(() => 0)),
      moving: await moves(world, rig, source),
    };
  });
  const polling = { intervalMs: POLL_MS, isPushed: false };
  const polled = await withFollower(world, polling, async (rig, source) => {
    await sleep(WARM_UP_MS);
    return {
      resting: await measure(rig, () => sleep(seconds * 1000).then(() => 0)),
      moving: await moves(world, rig, source),
    };
  });
  const idle = pushed.resting.cpuMs / pushed.resting.ms;
  const beyondIdle = ({ cpuMs, ms }: Used): number => cpuMs - idle * ms;
  const same = beyondIdle(polled.resting) / polled.resting.polls;
  const { moving } = polled;
  const changed = (beyondIdle(moving) - same * (moving.polls - moving.moves)) / moving.moves;
  const told = beyondIdle(pushed.moving) / pushed.moving.moves;
  const add = (what: string, ours: number, most: number): void =>
    figures.add({ what: `follow, CPU of a status: ${what}`, unit: 'ms', ours, goal: { most } });
  add('polled, unchanged', same, 1);
  add('polled, changed', changed, 3);
  add('pushed, changed', told, 3);
  console.log(
    `CPU a status: unchanged ${same.toFixed(2)} ms (${polled.resting.polls} polls), changed ${changed.toFixed(2)} ms polled ` +
      `and ${told.toFixed(2)} ms pushed (${moving.moves} moves each); the node at rest ${(idle * 1000).toFixed(0)} ms/s`,
  );
}

/** Moves of the safe head, one after the other; the first of them are not measured. */
async function moves(world: World, rig: FollowRig, source: MovingSource): Promise<Used> {
  const heights = movingHeights(world);
  const run = async (some: readonly number[]): Promise<number> => {
    for (const height of some) {
      source.moveTo(height);
      await sleep(MOVE_EVERY_MS);
    }
    return some.length;
  };
  await run(heights.slice(0, WARM_UP_MOVES));
  return measure(rig, () => run(heights.slice(WARM_UP_MOVES)));
}

/** @param run what happens meanwhile; its moves. */
async function measure(rig: FollowRig, run: () => Promise<number>): Promise<Used> {
  const pid = rig.node.process.pid ?? 0;
  const [startMs, cpuBefore, pollsBefore] = [
    performance.now(),
    processCpuMs(pid),
    rig.source.polls,
  ];
  const made = await run();
  return {
    cpuMs: processCpuMs(pid) - cpuBefore,
    ms: performance.now() - startMs,
    polls: rig.source.polls - pollsBefore,
    moves: made,
  };
}
