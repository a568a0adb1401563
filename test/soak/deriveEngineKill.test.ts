import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compareSafeHeads } from '../../conformance/compareDerive.js';
import { Report } from '../../conformance/report.js';
import { DeriveRig, derivedWorld } from '../../devnet/deriveRig.js';
import { enginesHere } from '../../devnet/engines.js';

describe('a node whose execution client ends while it derives', () => {
  it.each(enginesHere(process.env))('comes to the same end with %s', async (engine) => {
    const world = derivedWorld('karst');
    const rig = await DeriveRig.open(world, { engine });
    try {
      await rig.startNode();
      for (const [signal, number] of [
        ['SIGKILL', 10],
        ['SIGTERM', 25],
        ['SIGKILL', 40],
      ] as const) {
        await rig.reach(`L2 block ${number}`, ({ unsafe_l2 }) => unsafe_l2.number >= number);
        await rig.restartEngine(signal);
      }
      await rig.reach('the recorded status', (now) => isDeepStrictEqual(now, world.status));
      const report = new Report(console.log);
      await compareSafeHeads(world.safeHeads, rig.node.url, report);
      expect(report).toMatchObject({ failed: 0, passed: world.safeHeads.length });
    } finally {
      await rig.close();
    }
  });
});
