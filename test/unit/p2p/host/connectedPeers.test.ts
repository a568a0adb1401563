import type { Connection } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { describe, expect, it } from 'vitest';
import { connectedPeers } from '../../../../src/p2p/host/connectedPeers.js';

const PEER = '16Uiu2HAkw5gXznubTJea2wdX3csqdjHrdad9CxUjWq69fRtRwqFa';
const OTHER = '16Uiu2HAm9s755bfjpCM88VnkncwAEaruW2QmnYf6b263G1sK4s4P';

describe('connected peers', () => {
  it('are each there once, by the ids that their connections have: to make an id anew is dear', () => {
    const [twice, again, once] = [PEER, PEER, OTHER].map((text) => peerIdFromString(text));
    const connections = [twice, once, again].map((remotePeer) => ({ remotePeer }) as Connection);
    const peers = connectedPeers({ getConnections: () => connections });
    expect(peers.map(String)).toEqual([PEER, OTHER]);
    expect(peers[0] === twice || peers[0] === again).toBe(true);
    expect(peers[1]).toBe(once);
  });

  it('are none without connections', () => {
    expect(connectedPeers({ getConnections: () => [] })).toEqual([]);
  });
});
