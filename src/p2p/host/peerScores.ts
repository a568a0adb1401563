import type { PeerScores } from '../../types/peerInfo.js';
import type { GossipStats } from '../gossip/gossipHost.js';
import { PEER_SCORE } from '../scores/parameters.js';

const { ipColocationFactorThreshold: THRESHOLD } = PEER_SCORE;

export interface PeerScoresDeps {
  readonly gossip: {
    scoreOf(peer: string): number;
    readonly stats: Readonly<Record<string, GossipStats>>;
  };
  readonly answers: (peer: string) => PeerScores['reqResp'];
  /** Blocks that peers were the first to deliver, and those that were rejected. */
  readonly deliveries: (
    peer: string,
  ) => { readonly first: number; readonly rejected: number } | null;
}

/** A peer's scores. Differs: op-node's deliveries are always 0 since it scores no topics; here they are what was delivered. */
export function peerScores(
  peer: string,
  { gossip, answers, deliveries }: PeerScoresDeps,
): PeerScores {
  const { stats } = gossip;
  const delivered = deliveries(peer);
  return {
    gossip: {
      total: gossip.scoreOf(peer),
      blocks: {
        timeInMesh: 0,
        firstMessageDeliveries: delivered?.first ?? 0,
        meshMessageDeliveries: 0,
        invalidMessageDeliveries: delivered?.rejected ?? 0,
      },
      IPColocationFactor: colocation(peer, stats),
      behavioralPenalty: stats[peer]?.behaviourPenalty ?? 0,
    },
    reqResp: answers(peer),
  };
}

/** Square of the surplus of peers at each of the peer's addresses. */
function colocation(peer: string, stats: Readonly<Record<string, GossipStats>>): number {
  let sum = 0;
  for (const ip of stats[peer]?.knownIPs ?? []) {
    const peers = Object.values(stats).filter(({ knownIPs }) => knownIPs.has(ip)).length;
    if (peers > THRESHOLD) sum += (peers - THRESHOLD) ** 2;
  }
  return sum;
}
