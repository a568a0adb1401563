import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PayloadEnvelope, payloadOf } from '../../conformance/payload.js';
import { statusAtL1 } from '../../conformance/statusAtL1.js';
import { buildOtherBlock, fillOpGeth, newPayload } from '../../devnet/engineApi.js';
import { FollowRig, labelsOf, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';
import type { OpGethNode } from '../../devnet/opGethProcess.js';
import { rpc } from '../../devnet/rpcClient.js';

const L1_HEIGHT = 60;
const BRANCH_LENGTH = 3;

describe('an unsafe chain that forked away from the source', () => {
  const world = recordedWorld('forks');
  const base = statusAtL1(world, L1_HEIGHT).safe_l2.number;
  let rig: FollowRig;
  let upstream: OpGethNode;

  const hashAt = (number: number) => world.l2[number]?.hash ?? '';

  beforeEach(async () => {
    rig = await FollowRig.open(world);
    rig.source.moveTo(L1_HEIGHT);
    upstream = await rig.addGeth('upstream');
    const labels = { unsafe: hashAt(base), safe: hashAt(0), finalized: hashAt(0) };
    await fillOpGeth(upstream, world, { from: 1, to: base }, labels);
  });
  afterEach(() => rig?.close());

  /** Builds blocks beside the recorded ones on an op-geth that holds the base, one upon another. */
  async function forkedBranch(): Promise<readonly PayloadEnvelope[]> {
    const blocks: PayloadEnvelope[] = [];
    let parent = hashAt(base);
    for (let number = base + 1; number <= base + BRANCH_LENGTH; number += 1) {
      const block = await buildOtherBlock(upstream, world, number, parent);
      await newPayload(upstream, world, block);
      parent = block.executionPayload.blockHash;
      blocks.push(block);
    }
    return blocks;
  }

  async function startOnTheBranch(flags: readonly string[]): Promise<void> {
    const branch = await forkedBranch();
    const tip = branch.at(-1)?.executionPayload.blockHash;
    await rig.startNode([`--l2.follow.source=${rig.source.url}`, ...QUICK_FOLLOW, ...flags]);
    await rig.post(1, base);
    for (const block of branch) {
      await rpc<null>(rig.node.url, 'admin_postUnsafePayload', [block]);
    }
    const status = await rig.reach('the branch', (s) => s.unsafe_l2.hash === tip);
    expect(status.unsafe_l2.number).toBe(base + BRANCH_LENGTH);
    await rig.reach('the safe head', ({ safe_l2 }) => safe_l2.number === base);
  }

  it('is reorged to blocks that the engine already holds', async () => {
    await startOnTheBranch([]);
    for (const block of world.l2.slice(base + 1, base + BRANCH_LENGTH + 1)) {
      await newPayload(rig.geth, world, payloadOf(block, world.rollup));
    }
    rig.source.moveTo(L1_HEIGHT + 1);
    const safe = rig.source.status.safe_l2;
    expect(safe.number).toBeGreaterThan(base);
    expect(safe.number).toBeLessThanOrEqual(base + BRANCH_LENGTH);
    const status = await rig.reach('the reorg', ({ safe_l2 }) => safe_l2.hash === safe.hash);
    expect(status.unsafe_l2.hash).toBe(safe.hash);
    expect(await rig.metric('follow_reorgs_total')).toBe(1);
    expect(await rig.labels()).toEqual({
      unsafe: safe.hash,
      safe: safe.hash,
      finalized: rig.source.status.finalized_l2.hash,
    });
  });

  it('is reorged to blocks that it fetches, up to the recorded heads', async () => {
    await startOnTheBranch([`--l2.follow.blocks=${upstream.url}`]);
    const want = labelsOf(world.status);
    const to = world.status.unsafe_l2.number;
    await fillOpGeth(upstream, world, { from: base + 1, to }, want);
    rig.source.truth();
    await rig.reach(
      'the recorded heads',
      ({ unsafe_l2, safe_l2, finalized_l2 }) =>
        unsafe_l2.hash === want.unsafe &&
        safe_l2.hash === want.safe &&
        finalized_l2.hash === want.finalized,
    );
    expect(await rig.labels()).toEqual(want);
    expect(await rig.metric('follow_reorgs_total')).toBe(1);
  });
});
