import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { statusAtL1 } from '../../conformance/statusAtL1.js';
import { fillOpGeth } from '../../devnet/engineApi.js';
import { FollowRig, labelsOf, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';
import type { OpGethNode } from '../../devnet/opGethProcess.js';

const ZERO_NUMBERS = { head_l1: 0, safe_l1: 0, finalized_l1: 0, current_l1: 0 } as const;

describe('following an execution client alone, without an L1', () => {
  const world = recordedWorld('adversarial');
  const half = statusAtL1(world, 60);
  let rig: FollowRig;
  let upstream: OpGethNode;

  beforeAll(async () => {
    rig = await FollowRig.open(world);
    upstream = await rig.addGeth('upstream');
    await fillOpGeth(upstream, world, { from: 1, to: half.unsafe_l2.number }, labelsOf(half));
    const flags = [`--l2.follow.source=${upstream.url}`, ...QUICK_FOLLOW];
    await rig.startNode(flags, { l1: null });
  });
  afterAll(() => rig?.close());

  const reached = (labels: SyncStatusJson) => (status: SyncStatusJson) =>
    status.safe_l2.hash === labels.safe_l2.hash &&
    status.finalized_l2.hash === labels.finalized_l2.hash &&
    status.unsafe_l2.hash === labels.unsafe_l2.hash;

  it('fetches the blocks from the source and ends with its labels', async () => {
    await rig.reach('the half-way heads', reached(half));
    expect(await rig.labels()).toEqual(labelsOf(half));
  });

  it('goes on when the source goes on, to the recorded hashes', async () => {
    const from = half.unsafe_l2.number + 1;
    const to = world.status.unsafe_l2.number;
    await fillOpGeth(upstream, world, { from, to }, labelsOf(world.status));
    await rig.reach('the recorded heads', reached(world.status));
    expect(await rig.labels()).toEqual(labelsOf(world.status));
  });

  it('takes blocks above the safe head where they extend its unsafe head', async () => {
    const tip = world.l2.length - 1;
    const unsafe = world.l2[tip]?.hash ?? '';
    const from = world.status.unsafe_l2.number + 1;
    const labels = { ...labelsOf(world.status), unsafe };
    await fillOpGeth(upstream, world, { from, to: tip }, labels);
    await rig.reach('the tip', ({ unsafe_l2 }) => unsafe_l2.hash === unsafe);
    expect(await rig.labels()).toEqual(labels);
  });

  it('reports the L1 as unknown', async () => {
    const status = await rig.status();
    for (const [label, number] of Object.entries(ZERO_NUMBERS)) {
      const ref = status[label as keyof typeof ZERO_NUMBERS];
      expect([label, ref.number, BigInt(ref.hash)]).toEqual([label, number, 0n]);
    }
    expect(await rig.metric('follow_l1_checked')).toBe(0);
  });
});
