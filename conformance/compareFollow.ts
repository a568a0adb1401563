import { compareGolden, compareOutputs, compareStatus } from './compareAnswers.js';
import type { Report } from './report.js';
import type { World } from './world.js';

/** Holds a node that followed the world's source to rest against everything recorded from op-node in that place. */
export async function compareFollow(world: World, url: string, report: Report): Promise<void> {
  await report.section(`${world.name}: sync-status-follow.json`, () =>
    compareStatus(world.followStatus, url, report),
  );
  await report.section(`${world.name}: golden-follow.jsonl`, () =>
    compareGolden(world.goldenFollow, url, report),
  );
  await report.section(`${world.name}: outputs.jsonl.gz`, () =>
    compareOutputs(world.outputs, url, report),
  );
}
