import { Buffer } from 'node:buffer';
import type { Peer, PeerId } from '@libp2p/interface';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak256 } from 'viem/utils';
import type { DeliveryCounts, PeerInfo, PeerScores } from '../../types/peerInfo.js';
import { connectedPeers } from '../host/connectedPeers.js';
import type { Host } from '../host/libp2pHost.js';

export interface PeerViewDeps {
  readonly host: Host;
  readonly isProtected: (peer: string) => boolean;
  readonly latencyNs: (peer: string) => number;
  readonly scores: (peer: string) => PeerScores;
  /** Null for who is not connected. */
  readonly deliveries: (peer: string) => DeliveryCounts | null;
  /** Peers that want blocks of any topic. */
  readonly gossipPeers: () => ReadonlySet<string>;
  /** What discovery knows of a peer; null where it was not discovered. */
  readonly discovered: (peer: string) => { readonly enr: string; readonly chainId: number } | null;
  /** Our own node record; empty while discovery is off. */
  readonly ownRecord: () => string;
}

/** Peers as the operator sees them. op-node `op-node/p2p/rpc_server.go` dumpPeer. */
export class PeerView {
  constructor(private readonly deps: PeerViewDeps) {}

  async self(): Promise<PeerInfo> {
    const { host, ownRecord } = this.deps;
    const { peerId } = host;
    return {
      ...this.common(peerId),
      userAgent: '',
      ENR: ownRecord(),
      addresses: dialableFirst(host.getMultiaddrs().map(String)),
      connectedness: 0,
      direction: 0,
      latency: 0,
      gossipBlocks: true,
    };
  }

  async peers(isConnected: boolean): Promise<readonly PeerInfo[]> {
    const { host, gossipPeers } = this.deps;
    const peers = connectedPeers(host);
    const connected = new Set(peers.map(String));
    const known = await host.peerStore.all();
    const byId = new Map(known.map((peer) => [peer.id.toString(), peer]));
    const others = isConnected
      ? []
      : [...byId.keys()].filter((id) => !connected.has(id) && id !== host.peerId.toString());
    const gossips = gossipPeers();
    const ids = [...peers, ...others.flatMap((id) => byId.get(id)?.id ?? [])];
    return ids
      .map((id) => this.info(id, byId.get(id.toString()), gossips))
      .sort((a, b) => (a.peerID < b.peerID ? -1 : 1));
  }

  /** Connected ones, those of whom an address is known, and this node. */
  async countKnown(): Promise<number> {
    const { host } = this.deps;
    const known = await host.peerStore.all();
    return new Set([host.peerId, ...known.map(({ id }) => id), ...connectedPeers(host)].map(String))
      .size;
  }

  private info(id: PeerId, peer: Peer | undefined, gossips: ReadonlySet<string>): PeerInfo {
    const { host } = this.deps;
    const name = id.toString();
    const connection = host.getConnections(id)[0];
    const protocols = peer?.protocols ?? [];
    return {
      ...this.common(id),
      userAgent: textOf(peer, 'AgentVersion'),
      addresses: (peer?.addresses ?? []).map(({ multiaddr }) =>
        withPeer(multiaddr.toString(), name),
      ),
      protocols: protocols.length > 0 ? protocols : null,
      connectedness: connection === undefined ? 0 : 1,
      direction: connection === undefined ? 0 : connection.direction === 'inbound' ? 1 : 2,
      gossipBlocks: gossips.has(name),
      ...this.deliveries(name),
    };
  }

  private deliveries(peer: string): Pick<PeerInfo, 'deliveries'> {
    const delivered = this.deps.deliveries(peer);
    if (delivered === null) return {};
    const { first, late, rejected } = delivered;
    return { deliveries: { first, late, rejected } };
  }

  /** In op-node's order of fields, which whoever adds to it keeps. */
  private common(id: PeerId): PeerInfo {
    const { isProtected, latencyNs, scores, discovered } = this.deps;
    const name = id.toString();
    const found = discovered(name);
    return {
      peerID: name,
      nodeID: nodeId(id),
      userAgent: '',
      protocolVersion: '',
      ENR: found?.enr ?? '',
      addresses: [],
      protocols: null,
      connectedness: 0,
      direction: 0,
      protected: isProtected(name),
      chainID: found?.chainId ?? 0,
      latency: latencyNs(name),
      gossipBlocks: false,
      scores: scores(name),
    };
  }
}

/** keccak256 of the uncompressed public key; zeros where the id does not hold a secp256k1 key. */
export function nodeId(id: PeerId): string {
  if (id.type !== 'secp256k1') return '0'.repeat(64);
  const point = secp256k1.Point.fromBytes(id.publicKey.raw);
  return Buffer.from(keccak256(point.toBytes(false).subarray(1), 'bytes')).toString('hex');
}

function textOf(peer: Peer | undefined, key: string): string {
  const value = peer?.metadata.get(key);
  return value === undefined ? '' : Buffer.from(value).toString();
}

function withPeer(address: string, peer: string): string {
  return address.includes('/p2p/') ? address : `${address}/p2p/${peer}`;
}

/** Harnesses dial the first: one of the loopback interface is dialable from where they run, others may not be. */
function dialableFirst(addresses: readonly string[]): readonly string[] {
  const isLocal = (address: string): boolean => address.startsWith('/ip4/127.');
  return [...addresses.filter(isLocal), ...addresses.filter((address) => !isLocal(address))];
}
