/** A peer's scores as `opp2p_*` shows them. op-node `op-node/p2p/store/iface.go` PeerScores. */
export interface PeerScores {
  readonly gossip: {
    readonly total: number;
    readonly blocks: {
      readonly timeInMesh: number;
      readonly firstMessageDeliveries: number;
      readonly meshMessageDeliveries: number;
      readonly invalidMessageDeliveries: number;
    };
    readonly IPColocationFactor: number;
    readonly behavioralPenalty: number;
  };
  readonly reqResp: {
    readonly validResponses: number;
    readonly errorResponses: number;
    readonly rejectedPayloads: number;
  };
}

/** Gossiped blocks of a peer since it connected. */
export interface DeliveryCounts {
  /** Valid ones that no other peer had sent before. */
  readonly first: number;
  /** Those that were there already. */
  readonly late: number;
  readonly rejected: number;
}

/** A peer, or this node, as `opp2p_*` shows it; fields in op-node's order. op-node `op-service/apis/p2p.go` PeerInfo. */
export interface PeerInfo {
  readonly peerID: string;
  /** keccak256 of the public key, 64 hex digits without prefix. */
  readonly nodeID: string;
  readonly userAgent: string;
  readonly protocolVersion: string;
  /** Empty unless discovered. */
  readonly ENR: string;
  readonly addresses: readonly string[];
  /** Null: none known. */
  readonly protocols: readonly string[] | null;
  /** 1: connected. */
  readonly connectedness: 0 | 1;
  /** 0 unknown, 1 inbound, 2 outbound. */
  readonly direction: 0 | 1 | 2;
  readonly protected: boolean;
  /** 0 unless discovered. */
  readonly chainID: number;
  /** Nanoseconds. */
  readonly latency: number;
  readonly gossipBlocks: boolean;
  readonly scores: PeerScores;
  /** Not op-node's: what a connected peer has sent of blocks. */
  readonly deliveries?: DeliveryCounts;
}

/** op-node `op-service/apis/p2p.go` PeerDump. */
export interface PeerDump {
  readonly totalConnected: number;
  /** By peer id, in its order. */
  readonly peers: Readonly<Record<string, PeerInfo>>;
  readonly bannedPeers: readonly string[];
  readonly bannedIPS: readonly string[];
  readonly bannedSubnets: readonly SubnetInfo[];
}

/** op-node `op-service/apis/p2p.go` PeerStats. */
export interface PeerStats {
  readonly connected: number;
  /** Nodes in the discovery table. */
  readonly table: number;
  readonly blocksTopic: number;
  readonly blocksTopicV2: number;
  readonly blocksTopicV3: number;
  readonly blocksTopicV4: number;
  readonly banned: number;
  readonly known: number;
}

/** A network of addresses as Go's `net.IPNet` is written. */
export interface SubnetInfo {
  readonly IP: string;
  /** Base64 of 4 or 16 bytes. */
  readonly Mask: string;
}

/** What can be asked of the peers; each takes one argument, null where it needs none. @throws NodeError, each. */
export interface PeerMethods {
  self(argument: null): Promise<PeerInfo>;
  peers(isConnected: boolean): Promise<PeerDump>;
  peerStats(argument: null): Promise<PeerStats>;
  discoveryTable(argument: null): Promise<readonly string[]>;
  blockPeer(peer: string): Promise<void>;
  unblockPeer(peer: string): Promise<void>;
  listBlockedPeers(argument: null): Promise<readonly string[]>;
  blockAddr(ip: string): Promise<void>;
  unblockAddr(ip: string): Promise<void>;
  listBlockedAddrs(argument: null): Promise<readonly string[]>;
  blockSubnet(subnet: SubnetInfo): Promise<void>;
  unblockSubnet(subnet: SubnetInfo): Promise<void>;
  listBlockedSubnets(argument: null): Promise<readonly SubnetInfo[]>;
  protectPeer(peer: string): Promise<void>;
  unprotectPeer(peer: string): Promise<void>;
  connectPeer(address: string): Promise<void>;
  disconnectPeer(peer: string): Promise<void>;
}
