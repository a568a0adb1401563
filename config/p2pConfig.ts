import type { Address } from '../src/types/block.js';
import type { P2pOptions, RemoteSignerOptions } from '../src/types/p2pOptions.js';
import type { Settings } from './schema.js';

/** Not kept over restarts. */
const IN_MEMORY = 'memory';

/** How the node meets its peers; null with `--p2p.disable`. op-node `op-node/p2p/cli/load_config.go`. */
export function p2pOptions(settings: Settings): P2pOptions | null {
  const { get, isSet } = settings;
  if (get('p2p.disable')) return null;
  const key = get('p2p.priv.raw');
  return {
    identity: key === '' ? { path: get('p2p.priv.path') } : { key },
    ...addressOptions(settings),
    isDiscoveryEnabled: !get('p2p.no-discovery'),
    bootnodes: isSet('p2p.bootnodes') ? get('p2p.bootnodes') : null,
    staticPeers: splitText(get('p2p.static')),
    netRestrict: splitText(get('p2p.netrestrict')),
    muxers: splitText(get('p2p.mux').toLowerCase()),
    security: splitText(get('p2p.security').toLowerCase()) as P2pOptions['security'],
    isNatEnabled: get('p2p.nat'),
    peersLow: get('p2p.peers.lo'),
    peersHigh: get('p2p.peers.hi'),
    peersGraceMs: get('p2p.peers.grace'),
    userAgent: get('p2p.useragent'),
    dialTimeoutMs: get('p2p.timeout.dial'),
    acceptTimeoutMs: get('p2p.timeout.accept'),
    negotiationTimeoutMs: get('p2p.timeout.negotiation'),
    peerstorePath: pathOf(get('p2p.peerstore.path')),
    discoveryPath: pathOf(get('p2p.discovery.path')),
    mesh: {
      d: get('p2p.gossip.mesh.d'),
      low: get('p2p.gossip.mesh.lo'),
      high: get('p2p.gossip.mesh.dhi'),
      lazy: get('p2p.gossip.mesh.dlazy'),
      isFloodPublishing: get('p2p.gossip.mesh.floodpublish'),
    },
    timestampThresholdMs: get('p2p.gossip.timestamp.threshold'),
    isScoring: scoring(settings) === 'light',
    ban: {
      isEnabled: get('p2p.ban.peers'),
      threshold: get('p2p.ban.threshold'),
      durationMs: get('p2p.ban.duration'),
    },
    isReqRespEnabled: get('p2p.sync.req-resp'),
    isReqRespOnlyToStatic: get('p2p.sync.onlyreqtostatic'),
    isPingEnabled: get('p2p.ping'),
    signerReloadMs: get('l1.runtime-config-reload-interval'),
    sequencerKey: get('p2p.sequencer.key') || null,
    remoteSigner: remoteSigner(settings),
  };
}

function addressOptions({ get }: Settings) {
  return {
    listenIp: get('p2p.listen.ip') || '0.0.0.0',
    listenTcp: get('p2p.listen.tcp'),
    listenUdp: get('p2p.listen.udp'),
    advertiseIp: get('p2p.advertise.ip'),
    advertiseTcp: get('p2p.advertise.tcp'),
    advertiseUdp: get('p2p.advertise.udp'),
  };
}

/** The old flags count where the new one is empty. */
function scoring({ get }: Settings): string {
  return get('p2p.scoring') || get('p2p.scoring.peers') || get('p2p.scoring.topics');
}

function remoteSigner({ get }: Settings): RemoteSignerOptions | null {
  const endpoint = get('signer.endpoint');
  if (endpoint === '') return null;
  const tls = {
    ca: get('signer.tls.ca'),
    cert: get('signer.tls.cert'),
    key: get('signer.tls.key'),
  };
  return {
    endpoint,
    address: get('signer.address').toLowerCase() as Address,
    headers: get('signer.header'),
    tls: get('signer.tls.enabled') ? tls : null,
  };
}

function pathOf(path: string): string | null {
  return path === IN_MEMORY ? null : path;
}

function splitText(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
