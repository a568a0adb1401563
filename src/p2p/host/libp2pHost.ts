import { isIP } from 'node:net';
import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import { gossipsub } from '@libp2p/gossipsub';
import { type Identify, identify, identifyPush } from '@libp2p/identify';
import type { ConnectionGater, Libp2p } from '@libp2p/interface';
import { type Ping, ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { createLibp2p } from 'libp2p';
import type { Log } from '../../telemetry/logger.js';
import type { P2pOptions } from '../../types/p2pOptions.js';
import type { ScoredGossipSub } from '../gossip/gossipHost.js';
import { type GossipFunctions, gossipSettings } from '../gossip/gossipSettings.js';
import { pullingRegistrar } from '../gossip/pulledStream.js';
import type { P2pStore } from '../ports.js';
import { bandwidthMetrics, type CountBytes } from './bandwidth.js';
import { MUXERS } from './muxers.js';
import { natService } from './natService.js';
import { PeerDatastore } from './peerDatastore.js';
import { connectionEncrypters } from './security.js';

const DAY_MS = 24 * 3600 * 1000;
/** New connections a second from one address, and all that have not agreed on anything yet: one address cannot be all those. */
const MAX_NEW_PER_ADDRESS = 10;
const MAX_PENDING = 256;
/** What other implementations send in an identify message; more is not read. */
const MAX_IDENTIFY_BYTES = 64 * 1024;

interface Services extends Record<string, unknown> {
  readonly identify: Identify;
  readonly ping: Ping;
  readonly gossip: ScoredGossipSub;
}

export type Host = Libp2p<Services>;

export interface HostDeps {
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  readonly slotMs: number;
  readonly store: P2pStore;
  readonly gater: ConnectionGater;
  readonly gossip: GossipFunctions;
  readonly countBytes: CountBytes;
  readonly log: Log;
  /** Fires when the node stops. */
  readonly signal: AbortSignal;
}

/**
 * A libp2p node as op-node's: TCP, noise or TLS, yamux and mplex, identify, ping, gossipsub. It listens once it is started.
 * op-node `op-node/p2p/host.go`.
 */
export async function makeHost(options: P2pOptions, deps: HostDeps): Promise<Host> {
  const { listenIp, listenTcp, muxers, userAgent, peersHigh, peersLow, dialTimeoutMs } = options;
  const family = isIP(listenIp) === 6 ? 'ip6' : 'ip4';
  return createLibp2p<Services>({
    start: false,
    privateKey: privateKeyFromRaw(deps.privateKey),
    nodeInfo: { userAgent },
    addresses: { listen: [`/${family}/${listenIp}/tcp/${listenTcp}`] },
    transports: [tcp()],
    connectionEncrypters: await connectionEncrypters(options.security),
    streamMuxers: muxers.flatMap((name) => (isMuxer(name) ? [MUXERS[name]()] : [])),
    datastore: new PeerDatastore(deps.store),
    peerStore: { maxAddressAge: 7 * DAY_MS, maxPeerAge: 7 * DAY_MS },
    connectionGater: deps.gater,
    connectionManager: {
      // Peers above the high mark are let go in turn; here is only what no burst may exceed.
      maxConnections: peersHigh + peersLow,
      inboundConnectionThreshold: MAX_NEW_PER_ADDRESS,
      maxIncomingPendingConnections: MAX_PENDING,
      dialTimeout: dialTimeoutMs,
      addressDialTimeout: dialTimeoutMs,
      inboundUpgradeTimeout: options.acceptTimeoutMs,
      inboundStreamProtocolNegotiationTimeout: options.negotiationTimeoutMs,
      outboundStreamProtocolNegotiationTimeout: options.negotiationTimeoutMs,
      reconnectRetries: 0,
    },
    // Yamux keeps connections alive by itself; pings have their own rounds.
    connectionMonitor: { enabled: false },
    metrics: () => bandwidthMetrics(deps.countBytes),
    services: {
      identify: identify({ maxMessageSize: MAX_IDENTIFY_BYTES }),
      identifyPush: identifyPush({ maxMessageSize: MAX_IDENTIFY_BYTES }),
      ping: ping(),
      gossip: ({ privateKey, peerId, peerStore, registrar, connectionManager, logger }) =>
        gossipsub(gossipSettings(options, deps.slotMs, deps.gossip))({
          ...{ privateKey, peerId, peerStore, connectionManager, logger },
          registrar: pullingRegistrar(registrar),
        }) as ScoredGossipSub,
      ...(options.isNatEnabled ? { nat: await natService(deps) } : {}),
    },
  });
}

function isMuxer(name: string): name is keyof typeof MUXERS {
  return name in MUXERS;
}
