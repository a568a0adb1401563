import { isDeepStrictEqual } from 'node:util';
import { L1Server } from '../../conformance/l1Server.js';
import type { SyncStatusJson } from '../../conformance/recorded.js';
import type { World } from '../../conformance/world.js';
import { peerAddress, peerFlags } from '../../devnet/live/peering.js';
import { builtNode, type RunningNode, startNode } from '../../devnet/nodeProcess.js';
import { startOpGeth } from '../../devnet/opGethProcess.js';
import type { ProcessGroup } from '../../devnet/processGroup.js';
import { rpc } from '../../devnet/rpcClient.js';
import { waitFor } from '../../devnet/waitFor.js';

/** A node under load. */
export interface RpcTarget {
  readonly name: string;
  readonly url: string;
  /** Of its process; null where somebody else started it. */
  readonly pid: number | null;
}

const TIMEOUT_MS = 120_000;

/**
 * Whole nodes at the head of a recorded world, each on an op-geth of its own, with the safe-head database, the admin
 * methods, and each other as peers. `SLIPSTREAM_URL` and `OP_NODE_URL` name nodes that run already, `OP_NODE_BIN` an
 * op-node to start, `OTHER_BIN` another build to stand beside.
 */
export async function startRpcNodes(
  group: ProcessGroup,
  world: World,
): Promise<readonly RpcTarget[]> {
  const { SLIPSTREAM_URL, OP_NODE_URL, OP_NODE_BIN, OTHER_BIN } = process.env;
  const l1 = group.own(await L1Server.start({ world }));
  const started: RunningNode[] = [];
  const start = async (name: string, command: readonly string[]): Promise<RpcTarget> => {
    const node = await startAtHead(group, { name, world, command, l1: l1.url });
    for (const other of started) await meet(node, other);
    started.push(node);
    return { name, url: node.url, pid: node.process.pid ?? null };
  };
  const running = (name: string, url: string): RpcTarget => ({ name, url, pid: null });
  const targets = [
    SLIPSTREAM_URL ? running('slipstream', SLIPSTREAM_URL) : await start('slipstream', builtNode()),
  ];
  if (OP_NODE_URL) targets.push(running('op-node', OP_NODE_URL));
  else if (OP_NODE_BIN) targets.push(await start('op-node', [OP_NODE_BIN]));
  if (OTHER_BIN) targets.push(await start('other', [OTHER_BIN]));
  return targets;
}

interface Setup {
  readonly name: string;
  readonly world: World;
  readonly command: readonly string[];
  readonly l1: string;
}

async function startAtHead(group: ProcessGroup, setup: Setup): Promise<RunningNode> {
  const { name, world } = setup;
  const geth = await startOpGeth(group, {
    name: `op-geth-of-${name}`,
    genesisFile: world.path('l2-genesis.json.gz'),
    chainId: BigInt(world.rollup.l2_chain_id),
  });
  const safeDb = `${group.folder}/safedb-of-${name}`;
  const node = await startNode(group, {
    ...{ ...setup, geth },
    flags: [...peerFlags(group.folder, name), `--safedb.path=${safeDb}`],
  });
  const atHead = async (): Promise<true | undefined> => {
    const status = await rpc<SyncStatusJson>(node.url, 'optimism_syncStatus');
    return isDeepStrictEqual(status, world.status) || undefined;
  };
  await waitFor(atHead, {
    ...{ what: `${name} at the world's head`, timeoutMs: TIMEOUT_MS },
    failIf: () => node.process.failure(),
  });
  return node;
}

async function meet(node: RunningNode, other: RunningNode): Promise<void> {
  await rpc(node.url, 'opp2p_connectPeer', [await peerAddress({ node: other })]);
}
