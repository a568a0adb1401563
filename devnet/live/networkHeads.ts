import type { SyncStatusJson } from '../../conformance/recorded.js';
import { rpc } from '../rpcClient.js';
import { LIVE_ROLES, type LiveNetwork, type LiveRole } from './liveNetwork.js';

/** The heads of all nodes at one moment. */
export interface NetworkHeads {
  /** Null where a node does not answer. */
  readonly status: Readonly<Record<LiveRole, SyncStatusJson | null>>;
  /** Newest block that all engines have, and whether it is the same one. */
  readonly common: { readonly number: number; readonly isSame: boolean } | null;
}

export async function readHeads({ nodes }: Pick<LiveNetwork, 'nodes'>): Promise<NetworkHeads> {
  const statuses = await Promise.all(
    LIVE_ROLES.map(async (role) => {
      const { url } = nodes[role].node;
      const status = await rpc<SyncStatusJson>(url, 'optimism_syncStatus').catch(() => null);
      return [role, status] as const;
    }),
  );
  const common = await commonBlock({ nodes }).catch(() => null);
  return { status: Object.fromEntries(statuses) as NetworkHeads['status'], common };
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
