import type { Connection, PeerId } from '@libp2p/interface';

/**
 * Whoever is connected, each once. The host's own `getPeers` makes every id anew from its text, and twice takes the square
 * root that its public key stands for: a fifth of a millisecond a peer, each time.
 */
export function connectedPeers(host: {
  getConnections(): readonly Connection[];
}): readonly PeerId[] {
  const peers = new Map<string, PeerId>();
  for (const { remotePeer } of host.getConnections()) peers.set(remotePeer.toString(), remotePeer);
  return [...peers.values()];
}
