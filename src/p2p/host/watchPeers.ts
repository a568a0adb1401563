import { onDuplicate } from '../gossip/duplicates.js';
import type { P2pRecorder } from '../p2pMetrics.js';
import type { RangeSync } from '../reqresp/rangeSync.js';
import type { Deliveries } from './deliveries.js';
import type { Host } from './libp2pHost.js';
import type { Pings } from './pings.js';

export interface WatchPeersDeps {
  readonly deliveries: Deliveries;
  readonly pings: Pings;
  /** Null without request-response. */
  readonly sync: Pick<RangeSync, 'addPeer' | 'removePeer'> | null;
  /** Peers that may be asked for blocks. */
  readonly isAsked: (peer: string) => boolean;
  readonly recorder: P2pRecorder;
}

/** Tells the parts that keep something of each peer who comes and goes. */
export function watchPeers(host: Host, deps: WatchPeersDeps): void {
  const { deliveries, pings, sync, isAsked, recorder } = deps;
  const count = (): void => recorder.peerCount(host.getConnections().length);
  host.addEventListener('connection:open', count);
  host.addEventListener('connection:close', count);
  host.addEventListener('peer:connect', ({ detail }) => {
    deliveries.connected(detail.toString());
    recorder.gossipEvent('ADD_PEER');
  });
  host.addEventListener('peer:identify', ({ detail }) => {
    const peer = detail.peerId.toString();
    if (isAsked(peer)) sync?.addPeer(peer);
  });
  host.addEventListener('peer:disconnect', ({ detail }) => {
    const peer = detail.toString();
    deliveries.disconnected(peer);
    pings.forget(peer);
    sync?.removePeer(peer);
    recorder.gossipEvent('REMOVE_PEER');
  });
  onDuplicate(host.services.gossip, (peer) => {
    deliveries.recordDuplicate(peer);
    recorder.lateDelivery();
  });
  host.services.gossip.addEventListener('gossipsub:graft', () => recorder.gossipEvent('GRAFT'));
  host.services.gossip.addEventListener('gossipsub:prune', () => recorder.gossipEvent('PRUNE'));
}
