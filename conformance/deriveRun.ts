import { isDeepStrictEqual } from 'node:util';
import { DeriveRig } from '../devnet/deriveRig.js';
import { builtBlocks } from './builtBlocks.js';
import { compareDerive } from './compareDerive.js';
import type { FollowRun } from './followRun.js';

/**
 * Has a node derive the world from the recorded L1, with an engine on the world's genesis, and compares what it sent
 * there and what it answers at rest. Everything is stopped at the end.
 */
export async function runDerive({
  world,
  report,
  say,
  command,
  folder,
  engine,
}: FollowRun): Promise<void> {
  const rig = await DeriveRig.open(world, {
    say,
    ...(command && { command }),
    ...(folder && { folder }),
    ...(engine && { engine }),
  });
  try {
    const startMs = performance.now();
    const { url } = await rig.startNode();
    // A node that rests elsewhere is no error here: the comparison will show it.
    await rig
      .reach(`${world.name}: the recorded status`, (now) => isDeepStrictEqual(now, world.status))
      .catch((thrown: unknown) => {
        const died = rig.node.process.failure();
        if (died) throw died;
        console.error(thrown instanceof Error ? thrown.message : thrown);
      });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    say(`${world.name}: at rest after ${seconds}s`);
    await compareDerive(world, { url, built: builtBlocks(rig.tap), engine: rig.engine }, report);
  } finally {
    await rig.close();
  }
}
