import { setTimeout as sleep } from 'node:timers/promises';
import { L1Server } from '../conformance/l1Server.js';
import type { SyncStatusJson } from '../conformance/recorded.js';
import { SourceServer } from '../conformance/sourceServer.js';
import type { World } from '../conformance/world.js';
import { fillOpGeth } from '../devnet/engineApi.js';
import { recordedWorld } from '../devnet/followRig.js';
import { peerFlags } from '../devnet/live/peering.js';
import { type RunningNode, startNode } from '../devnet/nodeProcess.js';
import { startOpGeth } from '../devnet/opGethProcess.js';
import { ProcessGroup } from '../devnet/processGroup.js';
import { rpc } from '../devnet/rpcClient.js';
import { waitFor } from '../devnet/waitFor.js';
import { type Used, watched } from './lightMeter.js';
import type { LightTarget } from './lightTargets.js';

export interface RestSetup {
  readonly role: 'verifier' | 'follower';
  readonly hasPeers: boolean;
  /** Before the nodes are watched, and while they are. */
  readonly settleSec: number;
  readonly seconds: number;
}

const REACH_MS = 120_000;

/** Nodes at the head of a recorded chain that stands still, each with an L1 and an engine of its own, watched together. */
export async function measureRest(
  targets: readonly LightTarget[],
  setup: RestSetup,
  more: (node: RunningNode, name: string) => Promise<void> = async () => undefined,
): Promise<ReadonlyMap<string, Used>> {
  const group = await ProcessGroup.open();
  try {
    const world = recordedWorld('forks');
    const nodes = new Map<string, RunningNode>();
    for (const target of targets) nodes.set(target.name, await start(group, world, target, setup));
    await sleep(setup.settleSec * 1000);
    const used = await Promise.all(
      [...nodes].map(async ([name, node]) => [name, await watched(node, setup.seconds)] as const),
    );
    for (const [name, node] of nodes) await more(node, name);
    return new Map(used);
  } finally {
    await group.stop();
  }
}

/** Resolves when the node stands where the recorded one did. */
async function start(
  group: ProcessGroup,
  world: World,
  { name, command }: LightTarget,
  { role, hasPeers }: RestSetup,
): Promise<RunningNode> {
  const l1 = group.own(await L1Server.start({ world }));
  const geth = await startOpGeth(group, {
    name: `op-geth-of-${name}`,
    genesisFile: world.path('l2-genesis.json.gz'),
    chainId: BigInt(world.rollup.l2_chain_id),
  });
  const { unsafe_l2, safe_l2, finalized_l2 } = world.status;
  const labels = { unsafe: unsafe_l2.hash, safe: safe_l2.hash, finalized: finalized_l2.hash };
  await fillOpGeth(geth, world, { from: 1, to: unsafe_l2.number }, labels);
  const source = role === 'follower' ? group.own(await SourceServer.start({ world })) : null;
  const node = await startNode(group, {
    ...{ name, world, command, l1: l1.url, geth },
    flags: [
      ...(hasPeers ? peerFlags(group.folder, name) : []),
      ...(source === null ? [] : [`--l2.follow.source=${source.url}`]),
    ],
  });
  const isThere = async (): Promise<true | undefined> => {
    const status = await rpc<SyncStatusJson>(node.url, 'optimism_syncStatus');
    const isAtL1 = role === 'follower' || status.current_l1.hash === world.status.current_l1.hash;
    return (status.safe_l2.hash === safe_l2.hash && isAtL1) || undefined;
  };
  await waitFor(isThere, {
    ...{ what: `${name} at the head`, timeoutMs: REACH_MS },
    failIf: () => node.process.failure(),
  });
  return node;
}
