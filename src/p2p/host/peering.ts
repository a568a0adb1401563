import type { PeerScores } from '../../types/peerInfo.js';
import type { GossipHost } from '../gossip/gossipHost.js';
import type { P2pNodeOptions, P2pNodePeers } from '../p2pNodeOptions.js';
import { connectedPeers } from './connectedPeers.js';
import type { Host } from './libp2pHost.js';
import type { PeerBooks } from './peerBooks.js';
import { peerScores } from './peerScores.js';
import { Pings } from './pings.js';
import { Protection } from './protection.js';
import { StaticPeers } from './staticPeers.js';

/** The host with what looks after its peers. */
export interface Peering extends PeerBooks {
  readonly host: Host;
  readonly gossip: GossipHost;
  readonly statics: StaticPeers;
  readonly protection: Protection;
  readonly pings: Pings;
  readonly scores: (peer: string) => PeerScores;
}

/** @throws NodeError P2P_BAD_ADDRESS of a static peer. */
export function makePeering(
  { p2p }: P2pNodeOptions,
  { clock, log }: P2pNodePeers,
  parts: { readonly host: Host; readonly gossip: GossipHost; readonly books: PeerBooks },
): Peering {
  const { host, gossip, books } = parts;
  const statics = new StaticPeers(p2p.staticPeers, {
    self: host.peerId.toString(),
    isConnected: (peer) => host.getConnections(peer).length > 0,
    dial: (address, signal) => host.dial(address, { signal }),
    clock,
    log,
  });
  const protection = new Protection({
    isStatic: (peer) => statics.has(peer),
    isInMesh: (peer) => gossip.isInMesh(peer),
  });
  const pings = new Pings({
    peers: () => connectedPeers(host),
    ping: (peer, signal) => host.services.ping.ping(peer, { signal }),
    clock,
  });
  const scores = (peer: string): PeerScores =>
    peerScores(peer, {
      gossip,
      answers: (id) => books.appScores.counters(id),
      deliveries: (id) => books.deliveries.of(id),
    });
  return { ...books, host, gossip, statics, protection, pings, scores };
}
