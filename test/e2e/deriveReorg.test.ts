import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareSafeHeads } from '../../conformance/compareDerive.js';
import type { ForkState } from '../../conformance/recorded.js';
import { Report } from '../../conformance/report.js';
import { DeriveRig, derivedWorld } from '../../devnet/deriveRig.js';

describe('recorded L1 reorgs, each on top of the one before', () => {
  const world = derivedWorld('reorg');
  let rig: DeriveRig;

  beforeAll(async () => {
    rig = await DeriveRig.open(world);
    await rig.startNode();
  });
  afterAll(() => rig?.close());

  async function expectState({ name, syncStatus, safeHeads }: ForkState): Promise<void> {
    await rig.reach(`op-node's status after ${name}`, (now) => isDeepStrictEqual(now, syncStatus));
    const report = new Report(console.log);
    await compareSafeHeads(safeHeads, rig.node.url, report);
    expect(report).toMatchObject({ failed: 0, passed: safeHeads.length });
  }

  it.each(world.forkStates.map((state) => [state.name, state] as const))(
    '%s: ends where op-node ends',
    async (name, state) => {
      if (name !== 'base') {
        const { head_l1, safe_l1, finalized_l1 } = state.syncStatus;
        rig.l1.chain.reorg(name, undefined, head_l1.number);
        rig.l1.chain.move({ safe: safe_l1.number, finalized: finalized_l1.number });
      }
      await expectState(state);
    },
  );
});
