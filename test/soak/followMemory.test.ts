import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { residentMiB } from '../../bench/measure/residentMemory.js';
import { FAULT_KINDS } from '../../conformance/faults.js';
import { FollowRig, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';

/** SOAK_MINUTES sets the length of the run. */
const MINUTES = Number(process.env.SOAK_MINUTES ?? 10);
const WARM_UP_MINUTES = Math.min(2, MINUTES / 2);
/** Above what the garbage collector lets stand between two looks. */
const GROWTH_MIB = 40;
const STEP_MS = 1_000;
const STEPS_PER_MINUTE = 60;
const FIRST_L1_HEIGHT = 50;

describe(`following for ${MINUTES} minutes, a source that fails every few seconds`, () => {
  const world = recordedWorld('forks');
  let rig: FollowRig;

  beforeAll(async () => {
    rig = await FollowRig.open(world);
    rig.source.moveTo(FIRST_L1_HEIGHT);
    await rig.startNode([`--l2.follow.source=${rig.source.url}`, ...QUICK_FOLLOW]);
    await rig.post(1, world.status.unsafe_l2.number);
  });
  afterAll(() => rig?.close());

  const memory = () => residentMiB(rig.node.process.pid ?? 0);

  /** One second: a fault each fifth time, the source up and down a few heights. */
  async function step(index: number): Promise<void> {
    const kind = FAULT_KINDS[Math.floor(index / 5) % FAULT_KINDS.length] ?? 'close';
    if (index % 5 === 0) rig.source.faults.arm({ kind, count: 2, ms: 300 });
    rig.source.moveTo(FIRST_L1_HEIGHT + (index % 10));
    await rig.status();
    await sleep(STEP_MS);
  }

  it('does not grow, does not stop and follows at the end', async () => {
    const warm = WARM_UP_MINUTES * STEPS_PER_MINUTE;
    for (let index = 0; index < warm; index += 1) await step(index);
    const before = await memory();
    for (let index = warm; index < MINUTES * STEPS_PER_MINUTE; index += 1) await step(index);
    const after = await memory();
    console.log(`resident memory: ${before.toFixed(0)} MiB, then ${after.toFixed(0)} MiB`);
    expect(after - before).toBeLessThan(GROWTH_MIB);
    rig.source.truth();
    await rig.reach('the recorded heads', (s) => s.safe_l2.hash === world.status.safe_l2.hash);
  });
});
