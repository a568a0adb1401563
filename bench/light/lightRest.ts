import { setTimeout as sleep } from 'node:timers/promises';
import { L1Server } from '../../conformance/l1Server.js';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import { SourceServer } from '../../conformance/sourceServer.js';
import type { World } from '../../conformance/world.js';
import { fillOpGeth } from '../../devnet/engineApi.js';
import { recordedWorld } from '../../devnet/followRig.js';
import { peerFlags } from '../../devnet/live/peering.js';
import { type RunningNode, startNode } from '../../devnet/nodeProcess.js';
import { startOpGeth } from '../../devnet/opGethProcess.js';
import { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';
import type { Target } from '../measure/targets.js';
import { fireHttp } from '../rpc/httpLoad.js';
import { bodiesOf, rpcQuestions } from '../rpc/rpcQuestions.js';
import { type Used, watched } from './lightMeter.js';

export interface RestSetup {
  readonly role: 'verifier' | 'follower';
  readonly hasPeers: boolean;
  /** Before the nodes are watched, and again after the load. */
  readonly settleSec: number;
  readonly seconds: number;
  /** RPC load between two watches; 0: none, and one watch. */
  readonly loadSec: number;
}

/** A node at rest, and what it used after the load; null without one. */
export interface Rested {
  readonly before: Used;
  readonly after: Used | null;
}

const REACH_MS = 120_000;
const CONNECTIONS = 32;
/** All latencies of a run are kept while it lasts. */
const LOAD_RUN_SEC = 10;

/** Nodes at the head of a recorded chain that stands still, each with an L1 and an engine of its own, watched together. */
export async function measureRest(
  targets: readonly Target[],
  setup: RestSetup,
): Promise<ReadonlyMap<string, Rested>> {
  const group = await ProcessGroup.open();
  try {
    const world = recordedWorld('forks');
    const nodes = new Map<string, RunningNode>();
    for (const target of targets) nodes.set(target.name, await start(group, world, target, setup));
    const before = await watchAll(nodes, setup);
    // One after the other: each gets all that the machine has left.
    for (const node of setup.loadSec > 0 ? nodes.values() : []) await load(node, world, setup);
    const after = setup.loadSec > 0 ? await watchAll(nodes, setup) : null;
    return new Map(
      [...before].map(([name, used]) => [name, { before: used, after: after?.get(name) ?? null }]),
    );
  } finally {
    await group.stop();
  }
}

async function watchAll(
  nodes: ReadonlyMap<string, RunningNode>,
  { settleSec, seconds }: RestSetup,
): Promise<ReadonlyMap<string, Used>> {
  await sleep(settleSec * 1000);
  const watching = [...nodes].map(
    async ([name, node]) => [name, await watched(node, seconds)] as const,
  );
  return new Map(await Promise.all(watching));
}

async function load(node: RunningNode, world: World, { loadSec }: RestSetup): Promise<void> {
  const bodies = rpcQuestions(world).flatMap((question) => bodiesOf(question, 1));
  const endMs = performance.now() + loadSec * 1000;
  while (performance.now() < endMs) {
    const run = { url: node.url, bodies, connections: CONNECTIONS, isReconnecting: false };
    const length = { takesGzip: false, warmUpSeconds: 0, seconds: Math.min(loadSec, LOAD_RUN_SEC) };
    await fireHttp({ ...run, ...length }, () => undefined);
  }
}

/** Resolves when the node stands where the recorded one did. */
async function start(
  group: ProcessGroup,
  world: World,
  { name, command }: Target,
  { role, hasPeers }: RestSetup,
): Promise<RunningNode> {
  const l1 = group.own(await L1Server.start({ world }));
  const geth = await startOpGeth(group, {
    name: `op-geth-of-${name}`,
    genesisFile: world.path('l2-genesis.json.gz'),
    chainId: BigInt(world.rollup.l2_chain_id),
  });
  const { unsafe_l2, safe_l2, finalized_l2, current_l1 } = world.status;
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
    const isAtL1 = role === 'follower' || status.current_l1.hash === current_l1.hash;
    return (status.safe_l2.hash === safe_l2.hash && isAtL1) || undefined;
  };
  await waitFor(isThere, {
    ...{ what: `${name} at the head`, timeoutMs: REACH_MS },
    failIf: () => node.process.failure(),
  });
  return node;
}
