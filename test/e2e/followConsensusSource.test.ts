import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FollowRig, labelsOf, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';

describe('following a consensus node, real op-geth', () => {
  const world = recordedWorld('forks');
  let rig: FollowRig;

  beforeAll(async () => {
    rig = await FollowRig.open(world);
    rig.source.moveTo(0);
    await rig.startNode([`--l2.follow.source=${rig.source.url}`, ...QUICK_FOLLOW]);
  });
  afterAll(() => rig?.close());

  it('leaves safe heads at genesis while the source stands there, whatever is posted', async () => {
    await rig.post(1, 60);
    const status = await rig.reach('60 blocks', ({ unsafe_l2 }) => unsafe_l2.number === 60);
    expect(status.safe_l2.number).toBe(0);
    expect(status.finalized_l2.number).toBe(0);
  });

  it('follows the source to heads that its engine holds', async () => {
    rig.source.moveTo(44);
    const status = await rig.reach('L1 44', ({ current_l1 }) => current_l1.number === 44);
    expect(status.safe_l2).toEqual(rig.source.status.safe_l2);
    expect(status.local_safe_l2).toEqual(rig.source.status.local_safe_l2);
    expect(status.finalized_l2).toEqual(rig.source.status.finalized_l2);
    expect(status.unsafe_l2.number).toBe(60);
    expect(await rig.labels()).toEqual({
      unsafe: world.l2[60]?.hash,
      safe: rig.source.status.safe_l2.hash,
      finalized: rig.source.status.finalized_l2.hash,
    });
  });

  it('holds its heads while the source is ahead of the blocks, and takes them when they come', async () => {
    rig.source.truth();
    await rig.morePolls('success', 2);
    const waiting = await rig.status();
    expect(waiting.safe_l2.number).toBeLessThanOrEqual(60);
    expect(waiting.unsafe_l2.number).toBe(60);
    await rig.post(61, world.status.unsafe_l2.number);
    const status = await rig.reach(
      'the recorded heads',
      ({ safe_l2, current_l1 }) =>
        safe_l2.hash === world.status.safe_l2.hash &&
        current_l1.hash === world.status.current_l1.hash,
    );
    expect(status).toEqual(world.followStatus);
    expect(await rig.labels()).toEqual(labelsOf(world.status));
  });

  it('sends no forkchoice while nothing changes', async () => {
    const labels = { rpc: 'engine-api', method: 'engine_forkchoiceUpdatedV3' };
    const before = await rig.metric('rpc_client_requests_total', labels);
    expect(before).toBeGreaterThan(0);
    await rig.morePolls('success', 4);
    expect(await rig.metric('rpc_client_requests_total', labels)).toBe(before);
  });
});
