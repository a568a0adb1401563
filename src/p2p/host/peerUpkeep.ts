import { peerIdFromString } from '@libp2p/peer-id';
import { type P2pNodeOptions, type P2pNodePeers, slotMs } from '../p2pNodeOptions.js';
import { BanMonitor } from './banMonitor.js';
import { connectedPeers } from './connectedPeers.js';
import { type DiscoveryFault, NoPeers } from './noPeers.js';
import type { Peering } from './peering.js';
import { peerRounds } from './peerRounds.js';
import { closeOrAbort, PeerTrimmer } from './peerTrimmer.js';

export interface UpkeepParts extends Peering {
  /** Null while it is off. */
  readonly discovery: { readonly whyNobodyFound: DiscoveryFault | null } | null;
  readonly signal: AbortSignal;
}

/** Looks after the peers until the signal fires; never rejects. */
export function peerUpkeep(
  { p2p, rollup }: P2pNodeOptions,
  { clock, log, recorder }: P2pNodePeers,
  parts: UpkeepParts,
): Promise<void> {
  const { host, gossip, statics, protection, deliveries, bans, lists, pings, discovery, signal } =
    parts;
  const connectedIds = (): readonly string[] => connectedPeers(host).map(String);
  const known = async (): Promise<readonly string[]> => {
    const all = await host.peerStore.all();
    const withAddress = all.filter(({ addresses }) => addresses.length > 0);
    const ids = new Set([...withAddress.map(({ id }) => id.toString()), ...statics.all]);
    ids.delete(host.peerId.toString());
    return [...ids];
  };
  const trimmer = new PeerTrimmer(
    { low: p2p.peersLow, high: p2p.peersHigh, graceMs: p2p.peersGraceMs },
    {
      connections: () => host.getConnections(),
      isProtected: (peer) => protection.has(peer),
      isIdle: (peer) => deliveries.isIdle(peer),
      score: (peer) => gossip.scoreOf(peer),
      clock,
      log,
    },
  );
  const monitor = new BanMonitor(
    { threshold: p2p.ban.threshold, smallNetwork: p2p.peersLow },
    {
      connectedPeers: connectedIds,
      knownPeers: async () => (await known()).length,
      score: (peer) => gossip.scoreOf(peer),
      isSafe: (peer) => statics.has(peer),
      ban: (peer, isNetworkSmall) => bans.ban(peer, isNetworkSmall),
      close: async (peer) => {
        const open = host.getConnections(peerIdFromString(peer));
        await Promise.all(open.map((connection) => closeOrAbort(connection, clock)));
      },
      log,
    },
  );
  const noPeers = new NoPeers({
    connected: () => connectedPeers(host).length,
    known,
    whyNobodyFound: () => discovery?.whyNobodyFound ?? null,
    isRefused: (peer) => lists.isPeerBlocked(peer) || bans.isBanned(peer),
    record: recorder.noPeers,
    clock,
    log,
  });
  return peerRounds(
    {
      ...parts,
      trimmer,
      noPeers,
      monitor: p2p.ban.isEnabled ? monitor : null,
      pings: p2p.isPingEnabled ? pings : null,
      slotMs: slotMs(rollup),
      connectedPeers: connectedIds,
      streamCount: () =>
        host.getConnections().reduce((sum, { streams }) => sum + streams.length, 0),
      recorder,
      clock,
      log,
    },
    signal,
  );
}
