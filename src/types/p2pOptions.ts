import type { Address } from './block.js';

/** Who signs published blocks elsewhere: `--signer.*`. */
export interface RemoteSignerOptions {
  readonly endpoint: string;
  readonly address: Address;
  /** Each as `key=value`. */
  readonly headers: readonly string[];
  /** Files of the client certificate; null without TLS. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null;
}

/** How the node meets its peers: the `--p2p.*` and `--signer.*` flags. Plain data, it crosses threads. */
export interface P2pOptions {
  /** The private key, 32 bytes in hex, or the file that holds it and is made when missing. */
  readonly identity: { readonly key: string } | { readonly path: string };
  readonly listenIp: string;
  /** 0 takes a free one. */
  readonly listenTcp: number;
  readonly listenUdp: number;
  /** Empty: not advertised. May be a name. */
  readonly advertiseIp: string;
  /** 0: the listening one. */
  readonly advertiseTcp: number;
  readonly advertiseUdp: number;
  readonly isDiscoveryEnabled: boolean;
  /** Null: the built-in ones. */
  readonly bootnodes: readonly string[] | null;
  /** Multiaddresses that end in `/p2p/`. */
  readonly staticPeers: readonly string[];
  /** CIDR masks; none: no restriction. */
  readonly netRestrict: readonly string[];
  /** In order of preference. */
  readonly muxers: readonly string[];
  /** In order of preference. */
  readonly security: readonly ('noise' | 'tls' | 'none')[];
  /** Asks the router for a port and its external address. */
  readonly isNatEnabled: boolean;
  readonly peersLow: number;
  readonly peersHigh: number;
  readonly peersGraceMs: number;
  readonly userAgent: string;
  readonly dialTimeoutMs: number;
  /** For a connection to be accepted. */
  readonly acceptTimeoutMs: number;
  /** For protocols to be agreed on. */
  readonly negotiationTimeoutMs: number;
  /** Null: in memory. */
  readonly peerstorePath: string | null;
  /** Null: in memory. */
  readonly discoveryPath: string | null;
  readonly mesh: {
    readonly d: number;
    readonly low: number;
    readonly high: number;
    readonly lazy: number;
    readonly isFloodPublishing: boolean;
  };
  /** Gossiped blocks older than this are refused. */
  readonly timestampThresholdMs: number;
  readonly isScoring: boolean;
  readonly ban: {
    readonly isEnabled: boolean;
    readonly threshold: number;
    readonly durationMs: number;
  };
  /** Asks peers for blocks, and answers them. */
  readonly isReqRespEnabled: boolean;
  readonly isReqRespOnlyToStatic: boolean;
  readonly isPingEnabled: boolean;
  /** Between two reads of the block signer from L1; 0 or less reads it once. */
  readonly signerReloadMs: number;
  /** 32 bytes in hex that sign our blocks; null without. */
  readonly sequencerKey: string | null;
  readonly remoteSigner: RemoteSignerOptions | null;
}
