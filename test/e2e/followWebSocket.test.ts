import { afterAll, beforeAll, describe, it } from 'vitest';
import { engineKind } from '../../devnet/engines.js';
import { FollowRig, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';
import { waitFor } from '../../devnet/waitFor.js';
import { REACH_MS } from '../support/patience.js';

// The front of `op-geth-as-op-reth` speaks HTTP alone.
const isFront = engineKind(undefined, process.env) === 'op-geth-as-op-reth';

describe.skipIf(isFront)('a node that reaches L1 and engine by WebSocket', () => {
  const world = recordedWorld('adversarial');
  let rig: FollowRig;

  beforeAll(async () => {
    rig = await FollowRig.open(world);
    rig.l1.chain.moveHead(world.facts.l1.head - 1);
    const engineUrl = rig.geth.engineUrl.replace('http', 'ws');
    const flags = [`--l2.follow.source=${rig.source.url}`, ...QUICK_FOLLOW];
    await rig.startNode(flags, { l1: rig.l1.wsUrl, engineUrl });
  });
  afterAll(() => rig?.close());

  it('ends with the recorded status, its L1 head by subscription', async () => {
    await rig.post(1, world.status.unsafe_l2.number);
    const isSubscribed = () => rig.l1.counts.has('eth_subscribe') || undefined;
    await waitFor(isSubscribed, { what: 'a subscription to L1 heads', timeoutMs: REACH_MS });
    rig.l1.chain.moveHead(world.facts.l1.head);
    const want = JSON.stringify(world.followStatus);
    await rig.reach('the recorded status', (status) => JSON.stringify(status) === want);
  });
});
