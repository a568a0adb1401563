import type { SyncStatusJson } from '../../conformance/recorded.js';
import { rpc } from '../rpcClient.js';
import { LIVE_ROLES, type LiveNetwork, type LiveRole } from './liveNetwork.js';
import { peerCount } from './peering.js';

/** The heads of all nodes at one moment, and how many peers each has. */
export interface NetworkHeads {
  /** Null where a node does not answer. */
  readonly status: Readonly<Record<LiveRole, SyncStatusJson | null>>;
  /** Null where a node does not answer. */
  readonly peers: Readonly<Record<LiveRole, number | null>>;
  /** Newest block that all engines have, and whether it is the same one. */
  readonly common: { readonly number: number; readonly isSame: boolean } | null;
}

export async function readHeads({ nodes }: Pick<LiveNetwork, 'nodes'>): Promise<NetworkHeads> {
  const status = await ofEach((role) =>
    rpc<SyncStatusJson>(nodes[role].node.url, 'optimism_syncStatus'),
  );
  const peers = await ofEach((role) => peerCount(nodes[role]));
  return { status, peers, common: await commonBlock({ nodes }).catch(() => null) };
}

/** What each node answers; null where it does not. */
async function ofEach<T>(
  ask: (role: LiveRole) => Promise<T>,
): Promise<Readonly<Record<LiveRole, T | null>>> {
  const answers = await Promise.all(
    LIVE_ROLES.map(async (role) => [role, await ask(role).catch(() => null)] as const),
  );
  return Object.fromEntries(answers) as Record<LiveRole, T | null>;
}

/** Compares the engines' blocks at the lowest of their heads. @throws Error when one does not answer. */
async function commonBlock({ nodes }: Pick<LiveNetwork, 'nodes'>) {
  const urls = LIVE_ROLES.map((role) => nodes[role].geth.url);
  const numbers = await Promise.all(urls.map((url) => rpc<string>(url, 'eth_blockNumber')));
  const number = Math.min(...numbers.map(Number));
  return { number, isSame: await isSameAt(urls, number) };
}

/** True where all execution clients have the same block at that height. */
export async function isSameAt(urls: readonly string[], number: number): Promise<boolean> {
  const tag = `0x${number.toString(16)}`;
  const blocks = await Promise.all(
    urls.map((url) =>
      rpc<{ readonly hash: string } | null>(url, 'eth_getBlockByNumber', [tag, false]),
    ),
  );
  return blocks.every((block) => block !== null && block.hash === blocks[0]?.hash);
}
