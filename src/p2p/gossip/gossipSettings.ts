import type { GossipsubOpts } from '@libp2p/gossipsub';
import type { P2pOptions } from '../../types/p2pOptions.js';
import type { GossipEvent } from '../p2pMetrics.js';
import { PEER_SCORE, RETAIN_SCORE_SLOTS, SCORE_THRESHOLDS } from '../scores/parameters.js';
import { gossipEventsRegister } from './gossipEvents.js';

const SECOND_MS = 1_000;
const HEARTBEAT_MS = 500;
/** A message is known so long. */
const SEEN_MS = 130 * HEARTBEAT_MS;
/** A larger RPC is not read. */
const MAX_RPC_BYTES = 10 * 1024 * 1024;
/** Bytes that may wait to be sent to one peer: the largest message and what comes after it. One that reads nothing is let go. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export interface GossipFunctions {
  readonly topics: readonly string[];
  readonly messageId: (topic: string, data: Uint8Array) => Uint8Array;
  /** Score of a peer by what it answers; added to gossip's own. */
  readonly appScore: (peer: string) => number;
  readonly countEvent: (event: GossipEvent, times?: number) => void;
}

/**
 * Gossipsub as op-node sets it; what is not named here is as its library has it, which is the same in both.
 * op-node `op-node/p2p/gossip.go` BuildGlobalGossipParams, NewGossipSub; `peer_params.go`.
 */
export function gossipSettings(
  { mesh, isScoring }: Pick<P2pOptions, 'mesh' | 'isScoring'>,
  slotMs: number,
  { topics, messageId, appScore, countEvent }: GossipFunctions,
): Partial<GossipsubOpts> {
  return {
    D: mesh.d,
    Dlo: mesh.low,
    Dhi: mesh.high,
    Dlazy: mesh.lazy,
    floodPublish: mesh.isFloodPublishing,
    heartbeatInterval: HEARTBEAT_MS,
    mcacheLength: 12,
    mcacheGossip: 3,
    fanoutTTL: 24 * SECOND_MS,
    seenTTL: SEEN_MS,
    idontwantMinDataSize: 1024,
    idontwantMaxMessages: 1000,
    doPX: false,
    emitSelf: false,
    globalSignaturePolicy: 'StrictNoSign',
    allowedTopics: [...topics],
    allowPublishToZeroTopicPeers: true,
    // One message of a peer after the other: what it sends faster waits in its connection, not in our memory.
    awaitRpcHandler: true,
    awaitRpcMessageHandler: true,
    maxInboundDataLength: MAX_RPC_BYTES,
    maxOutboundBufferSize: MAX_WAITING_BYTES,
    msgIdFn: ({ topic, data }) => messageId(topic, data),
    scoreParams: isScoring ? lightScore(slotMs, appScore) : noScore(slotMs),
    metricsRegister: gossipEventsRegister(countEvent),
    metricsTopicStrToLabel: new Map(topics.map((topic) => [topic, topic])),
    scoreThresholds: SCORE_THRESHOLDS,
  };
}

function lightScore(slotMs: number, appSpecificScore: (peer: string) => number) {
  return {
    topics: {},
    topicScoreCap: PEER_SCORE.topicScoreCap,
    appSpecificScore,
    appSpecificWeight: PEER_SCORE.appSpecificWeight,
    IPColocationFactorWeight: PEER_SCORE.ipColocationFactorWeight,
    IPColocationFactorThreshold: PEER_SCORE.ipColocationFactorThreshold,
    behaviourPenaltyWeight: PEER_SCORE.behaviourPenaltyWeight,
    behaviourPenaltyThreshold: PEER_SCORE.behaviourPenaltyThreshold,
    behaviourPenaltyDecay: PEER_SCORE.behaviourPenaltyDecay,
    decayInterval: slotMs,
    decayToZero: PEER_SCORE.decayToZero,
    retainScore: RETAIN_SCORE_SLOTS * slotMs,
  };
}

/** Everybody is as good as everybody else. */
function noScore(slotMs: number) {
  return {
    ...lightScore(slotMs, () => 0),
    IPColocationFactorWeight: 0,
    behaviourPenaltyWeight: 0,
  };
}
