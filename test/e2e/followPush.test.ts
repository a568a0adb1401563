import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postBlocks } from '../../conformance/postBlocks.js';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { FollowRig, labelsOf, QUICK_FOLLOW, recordedWorld } from '../../devnet/followRig.js';
import { metricKey, scrape } from '../../devnet/metricsText.js';
import { type RunningNode, startNode } from '../../devnet/nodeProcess.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { REACH_MS } from '../support/patience.js';

/** So seldom that what comes within the time of a test was pushed. */
const SELDOM = ['--l2.follow.poll-interval=5m', '--l2.follow.source.rpc-timeout=1s'];

describe.each(['http', 'ws'])('a follower that follows a follower at a %s URL', (scheme) => {
  const world = recordedWorld('adversarial');
  let rig: FollowRig;
  let second: RunningNode;

  const metric = async (name: string, labels: Readonly<Record<string, string>>) =>
    (await scrape(second.metricsUrl)).get(metricKey(`op_node_default_${name}`, labels)) ?? 0;
  const reach = (what: string, holds: (status: SyncStatusJson) => boolean) =>
    waitFor(
      async () => {
        const status = await rpc<SyncStatusJson>(second.url, 'optimism_syncStatus');
        return holds(status) ? status : undefined;
      },
      { what, timeoutMs: REACH_MS, failIf: () => second.process.failure() },
    );
  const reachMetric = (name: string, value: number, labels: Readonly<Record<string, string>>) =>
    waitFor(async () => ((await metric(name, labels)) === value ? true : undefined), {
      what: `${name} is ${value}`,
      timeoutMs: REACH_MS,
    });

  beforeAll(async () => {
    rig = await FollowRig.open(world);
    rig.source.moveTo(world.facts.l1.head - 20);
    await rig.startNode([`--l2.follow.source=${rig.source.url}`, ...QUICK_FOLLOW, '--rpc.ws']);
    await rig.post(1, world.status.unsafe_l2.number);
    const { safe_l2 } = rig.source.status;
    await rig.reach('the first safe head', (status) => status.safe_l2.hash === safe_l2.hash);
    const geth = await rig.addGeth('op-geth-2');
    const flags = [`--l2.follow.source=${rig.node.url.replace('http', scheme)}`, ...SELDOM];
    second = await startNode(rig.group, { name: 'second', world, geth, l1: rig.l1.url, flags });
    await reach('the engine is ready', (status) => BigInt(status.unsafe_l2.hash) !== 0n);
    await postBlocks(second.url, world, { from: 1, to: world.status.unsafe_l2.number });
    await reachMetric('follow_source_pushing', 1, { source: '0' });
  });
  afterAll(() => rig?.close());

  it('has each of its heads, and what it does not know it is told when that changes', async () => {
    for (const back of [15, 10, 5, 0]) {
      rig.source.moveTo(world.facts.l1.head - back);
      const { safe_l2, finalized_l2, current_l1 } = rig.source.status;
      const status = await reach(`the heads ${back} L1 blocks before the end`, (own) => {
        return own.safe_l2.hash === safe_l2.hash && own.current_l1.hash === current_l1.hash;
      });
      expect(status.finalized_l2).toEqual(finalized_l2);
    }
    expect(await metric('follow_source_push_lost_total', { source: '0', reason: 'silent' })).toBe(
      0,
    );
    expect(labelsOf(await rpc<SyncStatusJson>(second.url, 'optimism_syncStatus'))).toEqual(
      labelsOf(await rig.status()),
    );
  });

  it('polls at once when the first is gone', async () => {
    await rig.node.process.stop();
    await reachMetric('follow_source_push_lost_total', 1, { source: '0', reason: 'broken' });
    await reachMetric('follow_source_requests_total', 1, { result: 'error_fetch_status' });
    await reachMetric('follow_source_pushing', 0, { source: '0' });
  });
});
