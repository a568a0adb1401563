import { peerIdFromString } from '@libp2p/peer-id';
import { connectedPeers } from '../host/connectedPeers.js';
import type { Host } from '../host/libp2pHost.js';
import type { P2pNodeOptions, P2pNodePeers } from '../p2pNodeOptions.js';
import { Discovery } from './discovery.js';
import type { FoundBook } from './foundBook.js';

/** Discovery that hands what it finds to the host. */
export function makeDiscovery(
  { p2p, rollup }: P2pNodeOptions,
  { privateKey, discoveryStore, clock, random, log }: P2pNodePeers,
  host: Host,
  foundBook: FoundBook,
): Discovery {
  return new Discovery(
    { ...p2p, chainId: rollup.l2ChainId },
    {
      privateKey,
      listeningTcp: () => tcpPort(host),
      connected: () => connectedPeers(host).length,
      keep: async ({ peer, address, enr }) => {
        if (peer.equals(host.peerId)) return;
        await host.peerStore.merge(peer, { multiaddrs: [address] });
        await foundBook.keep(peer.toString(), { enr, chainId: Number(rollup.l2ChainId) });
      },
      candidates: async () => {
        const all = await host.peerStore.all();
        return all
          .filter(({ id, addresses }) => addresses.length > 0 && !id.equals(host.peerId))
          .filter(({ id }) => host.getConnections(id).length === 0)
          .map(({ id }) => id.toString());
      },
      dial: (peer, signal) => host.dial(peerIdFromString(peer), { signal }),
      store: discoveryStore,
      clock,
      random,
      log,
    },
  );
}

/** The port that libp2p listens on. */
function tcpPort(host: Host): number {
  const parts = host.getMultiaddrs()[0]?.getComponents() ?? [];
  return Number(parts.find(({ name }) => name === 'tcp')?.value ?? 0);
}
