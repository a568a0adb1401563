import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { FollowRig, recordedWorld } from '../../devnet/followRig.js';
import { type RunningNode, startNode } from '../../devnet/nodeProcess.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import { percentile } from '../measure/percentile.js';
import { FIRST_L1_HEIGHT, movingHeights } from '../rigs/followMoves.js';
import { PushSource } from '../rigs/pushSource.js';

const LOOK_MS = 2;
const TIMEOUT_MS = 60_000;
/** No poll brings a move; the nodes share their blocks, so that what is measured is the way of the status. */
const FLAGS = ['--rpc.ws', '--l2.follow.poll-interval=5m'];

/**
 * Starts nodes that follow each other by push, the first a source that moves, all on one op-geth that has the blocks, and
 * prints how long a move of the safe head takes to the last.
 */
export async function measureChain(deep: number, moves: number): Promise<void> {
  const world = recordedWorld('forks');
  const rig = await FollowRig.open(world);
  const source = rig.group.own(await PushSource.start(world));
  try {
    source.moveTo(FIRST_L1_HEIGHT);
    await rig.startNode([...FLAGS, `--l2.follow.source=${source.url}`]);
    await rig.post(1, world.status.unsafe_l2.number);
    await rig.reach(
      'the blocks',
      ({ unsafe_l2 }) => unsafe_l2.hash === world.status.unsafe_l2.hash,
    );
    let last: RunningNode = rig.node;
    for (let depth = 2; depth <= deep; depth += 1) {
      const flags = [...FLAGS, `--l2.follow.source=${last.url}`];
      const { group, geth, l1 } = rig;
      last = await startNode(group, { name: `deep-${depth}`, world, geth, l1: l1.url, flags });
      await pushes(last);
    }
    const lags: number[] = [];
    for (const height of movingHeights(world).slice(0, moves)) {
      await sleep(Math.random() * 500);
      source.moveTo(height);
      lags.push(await lagOf(last, source.status.safe_l2.hash));
    }
    const ms = (share: number) => percentile(lags, share).toFixed(1);
    console.log(
      `a chain of ${deep} followers, ${lags.length} moves of the safe head: at the last in p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, max ${ms(1)} ms`,
    );
  } finally {
    await rig.close();
  }
}

async function pushes({ process }: RunningNode): Promise<void> {
  await waitFor(() => process.output.includes('Follow source pushes its status') || undefined, {
    what: 'a subscription to the node before',
    timeoutMs: TIMEOUT_MS,
    failIf: () => process.failure(),
  });
}

async function lagOf({ url }: RunningNode, safeHash: string): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const { safe_l2 } = await rpc<SyncStatusJson>(url, 'optimism_syncStatus');
    const lagMs = performance.now() - startedMs;
    if (safe_l2.hash === safeHash) return lagMs;
    if (lagMs > TIMEOUT_MS) throw new Error('the move never came');
    await sleep(LOOK_MS);
  }
}
