import type { FlagName } from './flags.js';

/**
 * Flags that are accepted although their function does not exist yet: who builds the function takes its flags out.
 */
export const FLAGS_WITHOUT_EFFECT = [
  'altda.da-server',
  'altda.da-service',
  'altda.get-timeout',
  'altda.max-concurrent-da-requests',
  'altda.put-timeout',
  'altda.verify-on-read',
  'l1.runtime-config-reload-interval',
  'p2p.advertise.ip',
  'p2p.advertise.tcp',
  'p2p.advertise.udp',
  'p2p.ban.duration',
  'p2p.ban.peers',
  'p2p.ban.threshold',
  'p2p.bootnodes',
  'p2p.discovery.path',
  'p2p.gossip.mesh.d',
  'p2p.gossip.mesh.dhi',
  'p2p.gossip.mesh.dlazy',
  'p2p.gossip.mesh.floodpublish',
  'p2p.gossip.mesh.lo',
  'p2p.gossip.timestamp.threshold',
  'p2p.listen.ip',
  'p2p.listen.tcp',
  'p2p.listen.udp',
  'p2p.mux',
  'p2p.nat',
  'p2p.netrestrict',
  'p2p.no-discovery',
  'p2p.peers.grace',
  'p2p.peers.hi',
  'p2p.peers.lo',
  'p2p.peerstore.path',
  'p2p.ping',
  'p2p.priv.path',
  'p2p.priv.raw',
  'p2p.scoring',
  'p2p.scoring.peers',
  'p2p.scoring.topics',
  'p2p.security',
  'p2p.sequencer.key',
  'p2p.static',
  'p2p.sync.onlyreqtostatic',
  'p2p.sync.req-resp',
  'p2p.timeout.accept',
  'p2p.timeout.dial',
  'p2p.timeout.negotiation',
  'p2p.useragent',
  'pprof.addr',
  'pprof.enabled',
  'pprof.path',
  'pprof.port',
  'pprof.type',
  'signer.address',
  'signer.endpoint',
  'signer.header',
  'signer.tls.ca',
  'signer.tls.cert',
  'signer.tls.enabled',
  'signer.tls.key',
  'syncmode.req-resp',
] as const satisfies readonly FlagName[];

/** Those of the flags above that somebody set, in their order. */
export function flagsWithoutEffect(settings: {
  readonly isSet: (name: FlagName) => boolean;
}): readonly FlagName[] {
  return FLAGS_WITHOUT_EFFECT.filter((name) => settings.isSet(name));
}
