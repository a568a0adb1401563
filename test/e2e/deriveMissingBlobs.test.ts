import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareSafeHeads } from '../../conformance/compareDerive.js';
import type { FaultKind } from '../../conformance/faults.js';
import { Report } from '../../conformance/report.js';
import { DeriveRig, derivedWorld } from '../../devnet/deriveRig.js';

/** The first block with blobs that the recorded reorg `depth1` takes off the chain. */
const BLOCK = 29;

describe('blobs of an L1 block that cannot be had', () => {
  const world = derivedWorld('reorg');
  let rig: DeriveRig;

  beforeAll(async () => {
    rig = await DeriveRig.open(world, { l1Head: BLOCK - 1 });
    await rig.startNode();
    await rig.reach('all before it is derived', (now) => now.current_l1.number === BLOCK - 1);
  });
  afterAll(() => rig?.close());

  const { genesisTime, secondsPerSlot } = world.facts.l1.beacon;
  const time = Number(world.l1[BLOCK]?.block.timestamp);
  const only = `/eth/v1/beacon/blobs/${(time - genesisTime) / secondsPerSlot}`;

  /** The beacon node fails in this way until derivation has met it. */
  async function fail(kind: FaultKind): Promise<void> {
    rig.l1.faults.arm({ kind, count: 0, only });
    const before = await rig.metric('derivation_errors_total');
    await rig.reachMetric('derivation_errors_total', (errors) => errors >= before + 2);
  }

  it('are waited for while the block is canonical, without a step back', async () => {
    const { safe_l2 } = await rig.status();
    const resets = await rig.metric('pipeline_resets_total');
    rig.l1.faults.arm({ kind: 'http500', count: 0, only });
    rig.l1.chain.moveHead(BLOCK);
    await rig.reach('the block is begun', (now) => now.current_l1.number === BLOCK);
    for (const kind of ['http500', 'noData', 'http404'] as const) {
      await fail(kind);
      const now = await rig.status();
      expect(now.current_l1.number).toBe(BLOCK);
      expect(now.safe_l2.number).toBeGreaterThanOrEqual(safe_l2.number);
    }
    expect(await rig.metric('pipeline_resets_total')).toBe(resets);
  });

  it('are not waited for once L1 has another block there', async () => {
    const after = world.forkStates.find(({ name }) => name === 'depth1');
    if (after === undefined) throw new Error('the recording lacks the state after depth1');
    const { head_l1, safe_l1, finalized_l1, current_l1, safe_l2 } = after.syncStatus;
    rig.l1.chain.reorg('depth1', undefined, head_l1.number);
    rig.l1.chain.move({ safe: safe_l1.number, finalized: finalized_l1.number });
    const now = await rig.reach(
      'all of the new branch is derived',
      (status) => status.current_l1.hash === current_l1.hash,
    );
    expect(now.safe_l2).toEqual(safe_l2);
    const report = new Report(console.log);
    await compareSafeHeads(after.safeHeads, rig.node.url, report);
    expect(report).toMatchObject({ failed: 0, passed: after.safeHeads.length });
  });
});
