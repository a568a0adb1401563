import type { Settings } from './schema.js';

/** Peer-to-peer as the flags give it: lists are split, nothing is resolved or opened yet. */
export interface P2pConfig {
  readonly isDisabled: boolean;
  readonly isDiscoveryDisabled: boolean;
  readonly scoring: string;
  readonly ban: {
    readonly isEnabled: boolean;
    readonly threshold: number;
    readonly durationMs: number;
  };
  readonly privPath: string;
  /** Hex; null where the file is used. */
  readonly privRaw: string | null;
  readonly listen: { readonly ip: string; readonly tcpPort: number; readonly udpPort: number };
  readonly advertise: {
    readonly ip: string | null;
    readonly tcpPort: number;
    readonly udpPort: number;
  };
  readonly bootnodes: readonly string[];
  readonly staticPeers: readonly string[];
  readonly netRestrict: readonly string[];
  readonly muxers: readonly string[];
  readonly security: readonly string[];
  readonly peers: { readonly low: number; readonly high: number; readonly graceMs: number };
  readonly isNatEnabled: boolean;
  readonly userAgent: string;
  readonly timeouts: {
    readonly negotiationMs: number;
    readonly acceptMs: number;
    readonly dialMs: number;
  };
  /** `memory` keeps nothing. */
  readonly peerstorePath: string;
  /** `memory` keeps nothing. */
  readonly discoveryPath: string;
  readonly mesh: {
    readonly d: number;
    readonly low: number;
    readonly high: number;
    readonly lazy: number;
    readonly floodPublish: boolean;
  };
  readonly gossipTimestampThresholdMs: number;
  readonly isReqRespEnabled: boolean;
  readonly onlyReqToStatic: boolean;
  readonly isPingEnabled: boolean;
  /** Hex key that signs gossiped blocks; null without one. */
  readonly sequencerKey: string | null;
  /** Null without a remote signer. */
  readonly signer: SignerConfig | null;
}

export interface SignerConfig {
  readonly endpoint: string;
  readonly address: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly tls: {
    readonly isEnabled: boolean;
    readonly ca: string;
    readonly cert: string;
    readonly key: string;
  };
}

/** The p2p section of the settings. op-node `op-node/p2p/cli/load_config.go`, `load_signer.go`. */
export function p2pConfig(settings: Settings): P2pConfig {
  const { get } = settings;
  return {
    isDisabled: get('p2p.disable'),
    isDiscoveryDisabled: get('p2p.no-discovery'),
    scoring: get('p2p.scoring') || get('p2p.scoring.peers') || get('p2p.scoring.topics'),
    ban: {
      isEnabled: get('p2p.ban.peers'),
      threshold: get('p2p.ban.threshold'),
      durationMs: get('p2p.ban.duration'),
    },
    privPath: get('p2p.priv.path'),
    privRaw: get('p2p.priv.raw') || null,
    listen: {
      ip: get('p2p.listen.ip'),
      tcpPort: get('p2p.listen.tcp'),
      udpPort: get('p2p.listen.udp'),
    },
    advertise: {
      ip: get('p2p.advertise.ip') || null,
      tcpPort: get('p2p.advertise.tcp'),
      udpPort: get('p2p.advertise.udp'),
    },
    bootnodes: get('p2p.bootnodes'),
    staticPeers: splitText(get('p2p.static')),
    netRestrict: splitText(get('p2p.netrestrict')),
    muxers: splitText(get('p2p.mux').toLowerCase()),
    security: splitText(get('p2p.security').toLowerCase()),
    peers: {
      low: get('p2p.peers.lo'),
      high: get('p2p.peers.hi'),
      graceMs: get('p2p.peers.grace'),
    },
    isNatEnabled: get('p2p.nat'),
    userAgent: get('p2p.useragent'),
    timeouts: {
      negotiationMs: get('p2p.timeout.negotiation'),
      acceptMs: get('p2p.timeout.accept'),
      dialMs: get('p2p.timeout.dial'),
    },
    peerstorePath: get('p2p.peerstore.path'),
    discoveryPath: get('p2p.discovery.path') || 'opnode_discovery_db',
    mesh: {
      d: get('p2p.gossip.mesh.d'),
      low: get('p2p.gossip.mesh.lo'),
      high: get('p2p.gossip.mesh.dhi'),
      lazy: get('p2p.gossip.mesh.dlazy'),
      floodPublish: get('p2p.gossip.mesh.floodpublish'),
    },
    gossipTimestampThresholdMs: get('p2p.gossip.timestamp.threshold'),
    isReqRespEnabled: get('p2p.sync.req-resp'),
    onlyReqToStatic: get('p2p.sync.onlyreqtostatic'),
    isPingEnabled: get('p2p.ping'),
    sequencerKey: get('p2p.sequencer.key') || null,
    signer: signerConfig(settings),
  };
}

function signerConfig({ get }: Settings): SignerConfig | null {
  const endpoint = get('signer.endpoint');
  const address = get('signer.address');
  if (endpoint === '' || address === '') return null;
  return {
    endpoint,
    address,
    headers: get('signer.header').flatMap((header) => {
      const at = header.indexOf('=');
      return at < 0 ? [] : [{ name: header.slice(0, at), value: header.slice(at + 1) }];
    }),
    tls: {
      isEnabled: get('signer.tls.enabled'),
      ca: get('signer.tls.ca'),
      cert: get('signer.tls.cert'),
      key: get('signer.tls.key'),
    },
  };
}

function splitText(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
