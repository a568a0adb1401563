import type { PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { NodeError, toNodeError } from '../../errors/nodeError.js';
import type { Clock } from '../../runtime/clock.js';
import type { PeerDump, PeerInfo, PeerStats, SubnetInfo } from '../../types/peerInfo.js';
import type { BanBook } from '../host/banBook.js';
import type { BlockLists, Subnet } from '../host/blockLists.js';
import { connectedPeers } from '../host/connectedPeers.js';
import type { Host } from '../host/libp2pHost.js';
import { limited } from '../host/limited.js';
import type { Protection } from '../host/protection.js';
import { type PeerAddress, parsePeerAddress } from '../host/staticPeers.js';
import type { PeerView } from './peerView.js';
import { maskBits, maskText } from './subnetMask.js';

/** Longest time to connect and be identified. */
const CONNECT_LIMIT_MS = 30_000;

export interface Opp2pDeps {
  readonly host: Host;
  readonly view: PeerView;
  readonly lists: BlockLists;
  readonly bans: BanBook;
  readonly protection: Protection;
  /** Peers of each topic of blocks, oldest version first. */
  readonly topicPeers: () => readonly number[];
  /** Null while discovery is off. */
  readonly discovery: { readonly table: readonly string[] } | null;
  readonly clock: Clock;
  /** Fires when the node stops. */
  readonly signal: AbortSignal;
}

/** What `opp2p_*` answers and does. op-node `op-node/p2p/rpc_server.go`. */
export class Opp2pBackend {
  constructor(private readonly deps: Opp2pDeps) {}

  self(): Promise<PeerInfo> {
    return this.deps.view.self();
  }

  async peers(isConnected: boolean): Promise<PeerDump> {
    const { view, lists } = this.deps;
    const infos = await view.peers(isConnected);
    return {
      totalConnected: infos.filter(({ connectedness }) => connectedness === 1).length,
      peers: Object.fromEntries(infos.map((info) => [info.peerID, info])),
      bannedPeers: lists.peers,
      bannedIPS: lists.addresses,
      bannedSubnets: this.subnets(),
    };
  }

  async peerStats(): Promise<PeerStats> {
    const { host, lists, topicPeers, discovery, view } = this.deps;
    const [v1 = 0, v2 = 0, v3 = 0, v4 = 0] = topicPeers();
    return {
      connected: connectedPeers(host).length,
      table: discovery?.table.length ?? 0,
      blocksTopic: v1,
      blocksTopicV2: v2,
      blocksTopicV3: v3,
      blocksTopicV4: v4,
      banned: lists.peers.length,
      known: await view.countKnown(),
    };
  }

  /** Node records as text. @throws NodeError P2P_DISCOVERY_OFF. */
  async discoveryTable(): Promise<readonly string[]> {
    const { discovery } = this.deps;
    if (discovery === null) {
      throw new NodeError('P2P_DISCOVERY_OFF', 'discovery disabled', { severity: 'temporary' });
    }
    return discovery.table;
  }

  async blockPeer(peer: string): Promise<void> {
    await this.deps.lists.setPeer(peer, true);
  }

  /** Ends a timed ban as well. */
  async unblockPeer(peer: string): Promise<void> {
    await this.deps.lists.setPeer(peer, false);
    await this.deps.bans.unban(peer);
  }

  async listBlockedPeers(): Promise<readonly string[]> {
    return this.deps.lists.peers;
  }

  async blockAddr(ip: string): Promise<void> {
    await this.deps.lists.setAddress(ip, true);
  }

  async unblockAddr(ip: string): Promise<void> {
    await this.deps.lists.setAddress(ip, false);
  }

  async listBlockedAddrs(): Promise<readonly string[]> {
    return this.deps.lists.addresses;
  }

  async blockSubnet(subnet: SubnetInfo): Promise<void> {
    await this.deps.lists.setSubnet(subnetOf(subnet), true);
  }

  async unblockSubnet(subnet: SubnetInfo): Promise<void> {
    await this.deps.lists.setSubnet(subnetOf(subnet), false);
  }

  async listBlockedSubnets(): Promise<readonly SubnetInfo[]> {
    return this.subnets();
  }

  async protectPeer(peer: string): Promise<void> {
    this.deps.protection.protect(peer);
  }

  async unprotectPeer(peer: string): Promise<void> {
    this.deps.protection.unprotect(peer);
  }

  /** Resolves when the peer is connected and identified. @throws NodeError P2P_BAD_ADDRESS, P2P_UNREACHABLE. */
  async connectPeer(text: string): Promise<void> {
    const { host } = this.deps;
    const { peer, address } = parseAddress(text);
    try {
      await this.inTime('connecting', async (signal) => {
        const identified = this.whenIdentified(peer, signal);
        await host.dial(address, { signal });
        await identified;
      });
    } catch (cause) {
      const message = `failed to connect to peer: ${toNodeError(cause).message}`;
      throw new NodeError('P2P_UNREACHABLE', message, { severity: 'temporary', cause });
    }
  }

  /** Closes, forgets the peer and its addresses, unblocks it. Nobody was ever met by an id whose key is none. */
  async disconnectPeer(text: string): Promise<void> {
    const { host } = this.deps;
    const peer = peerOf(text);
    if (peer !== null) {
      await this.inTime('closing', (signal) => host.hangUp(peer, { signal }));
      await host.peerStore.delete(peer);
    }
    await this.unblockPeer(text);
  }

  private inTime(doing: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { clock, signal } = this.deps;
    return limited({ clock, signal, limitMs: CONNECT_LIMIT_MS, doing }, work);
  }

  /** At once where the peer was identified on an open connection before. */
  private async whenIdentified(peer: PeerId, signal: AbortSignal): Promise<void> {
    const { host } = this.deps;
    if (host.getConnections(peer).length > 0) return;
    await new Promise<void>((resolve) => {
      const done = (event: { readonly detail: { readonly peerId: PeerId } }): void => {
        if (event.detail.peerId.equals(peer)) finish();
      };
      const finish = (): void => {
        host.removeEventListener('peer:identify', done);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      host.addEventListener('peer:identify', done);
      signal.addEventListener('abort', finish);
    });
  }

  private subnets(): readonly SubnetInfo[] {
    return this.deps.lists.subnets.map(({ ip, bits }) => ({ IP: ip, Mask: maskText(ip, bits) }));
  }
}

/** Null where the key in the id is none, which go-libp2p finds out only when it uses it. */
function peerOf(text: string): PeerId | null {
  try {
    return peerIdFromString(text);
  } catch {
    return null;
  }
}

/** @throws NodeError P2P_BAD_ADDRESS in op-node's words. */
function parseAddress(text: string): PeerAddress {
  try {
    return parsePeerAddress(text);
  } catch (cause) {
    const message = `bad peer address: ${toNodeError(cause).message}`;
    throw new NodeError('P2P_BAD_ADDRESS', message, { severity: 'temporary', cause });
  }
}

/** @throws NodeError P2P_BAD_ADDRESS */
function subnetOf({ IP, Mask }: SubnetInfo): Subnet {
  const bits = maskBits(Mask, IP);
  if (bits === null) {
    throw new NodeError('P2P_BAD_ADDRESS', 'invalid request', { severity: 'temporary' });
  }
  return { ip: IP, bits };
}
