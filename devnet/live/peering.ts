import { join } from 'node:path';
import { rpc } from '../rpcClient.js';
import { waitFor } from '../waitFor.js';
import type { LiveNode } from './liveRig.js';

const CONNECT_MS = 60_000;

interface PeerStats {
  readonly connected: number;
  readonly blocksTopicV4: number;
}

type NodeOnly = Pick<LiveNode, 'node'>;

/**
 * Flags of a node among peers on loopback that finds nobody by itself. The flag that switches peers off is undone: the last
 * of a flag's values counts.
 * @param name of the node: names its key, so that one that is started again is the same peer.
 */
export function peerFlags(folder: string, name: string): readonly string[] {
  return [
    ...['--p2p.disable=false', '--p2p.listen.ip=127.0.0.1', '--p2p.listen.tcp=0'],
    ...[
      '--p2p.no-discovery',
      '--p2p.bootnodes=',
      '--p2p.peerstore.path=memory',
      '--p2p.discovery.path=memory',
    ],
    `--p2p.priv.path=${join(folder, `${name}.p2p-key`)}`,
  ];
}

/** Where peers reach a node, with its identity: as `--p2p.static` takes it. */
export async function peerAddress({ node }: NodeOnly): Promise<string> {
  const { addresses } = await rpc<{ readonly addresses: readonly string[] }>(
    node.url,
    'opp2p_self',
  );
  const [address] = addresses;
  if (address === undefined) throw new Error('the node tells no address');
  return address;
}

/** How many peers a node is connected to. */
export async function peerCount({ node }: NodeOnly): Promise<number> {
  return (await rpc<PeerStats>(node.url, 'opp2p_peerStats')).connected;
}

/** Resolves when so many peers have told a node that they want its blocks. @throws Error when that takes too long. */
export async function listeners({ node }: NodeOnly, count: number): Promise<void> {
  const heard = async () =>
    (await rpc<PeerStats>(node.url, 'opp2p_peerStats')).blocksTopicV4 >= count || undefined;
  const failIf = () => node.process.failure();
  await waitFor(heard, { what: `${count} peers want blocks`, timeoutMs: CONNECT_MS, failIf });
}
