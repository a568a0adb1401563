import { expect } from 'vitest';
import { builtBlocks } from '../../conformance/builtBlocks.js';
import { compareSafeHeads } from '../../conformance/compareDerive.js';
import { Report } from '../../conformance/report.js';
import type { World } from '../../conformance/world.js';
import { DeriveRig } from '../../devnet/deriveRig.js';
import { LmdbSafeDb } from '../../src/stores/safeDb.js';
import { FakeLogger } from './fakeLogger.js';
import { killWhileDeriving } from './killWhileDeriving.js';
import { seededRandom } from './seededRandom.js';

/** Kills a deriving node that many times at instants of the seed, and expects what an undisturbed one comes to. */
export async function expectSurvivesKills(
  world: World,
  times: number,
  seed: number,
): Promise<void> {
  const rig = await DeriveRig.open(world);
  try {
    await killWhileDeriving(rig, times, seededRandom(seed), () => expectReadable(rig));
    const report = new Report(console.log);
    await compareSafeHeads(world.safeHeads, rig.node.url, report);
    expect(report).toMatchObject({ failed: 0, passed: world.safeHeads.length });
    // What the execution layer held was consolidated; each kill costs at most the block that was being built.
    expect(builtBlocks(rig.tap).length).toBeLessThanOrEqual(world.derived.length + times);
  } finally {
    await rig.close();
  }
}

/** Every entry that a killed process left is one that op-node has too. */
async function expectReadable({ world, safeDbPath }: DeriveRig): Promise<void> {
  const db = new LmdbSafeDb({ path: safeDbPath }, { log: new FakeLogger() });
  try {
    for (const { l1 } of world.safeHeads) {
      const entry = db.safeHeadAtL1(BigInt(l1));
      if (entry === null || Number(entry.l1Block.number) !== l1) continue;
      const recorded = world.safeHeads.find((head) => head.l1 === l1)?.answer;
      expect(recorded?.safeHead?.number).toBeGreaterThanOrEqual(Number(entry.safeHead.number));
      expect(entry.safeHead.hash).toBe(world.l2[Number(entry.safeHead.number)]?.hash);
      expect(entry.l1Block.hash).toBe(world.l1[l1]?.block.hash);
    }
  } finally {
    await db.close();
  }
}
