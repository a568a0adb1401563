import type { GossipsubOpts } from '@libp2p/gossipsub';
import type { P2pOptions } from '../../types/p2pOptions.js';

const SECOND_MS = 1_000;
const HEARTBEAT_MS = 500;
/** A message is known so long. */
const SEEN_MS = 130 * HEARTBEAT_MS;
/** A larger RPC is not read. */
const MAX_RPC_BYTES = 10 * 1024 * 1024;
/** Bytes that may wait to be sent to one peer: a few of the largest messages. */
const MAX_WAITING_BYTES = 4 * MAX_RPC_BYTES;
/** Ten epochs of six slots from 1 to 0.01. */
const BEHAVIOUR_DECAY = 0.01 ** (1 / 60);
const RETAIN_SLOTS = 600;

export interface GossipFunctions {
  readonly topics: readonly string[];
  readonly messageId: (topic: string, data: Uint8Array) => Uint8Array;
  /** Score of a peer by what it answers; added to gossip's own. */
  readonly appScore: (peer: string) => number;
}

/**
 * Gossipsub as op-node sets it; what is not named here is as its library has it, which is the same in both.
 * op-node `op-node/p2p/gossip.go` BuildGlobalGossipParams, NewGossipSub; `peer_params.go`.
 */
export function gossipSettings(
  { mesh, isScoring }: Pick<P2pOptions, 'mesh' | 'isScoring'>,
  slotMs: number,
  { topics, messageId, appScore }: GossipFunctions,
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
    scoreThresholds: {
      gossipThreshold: -10,
      publishThreshold: -40,
      graylistThreshold: -40,
      acceptPXThreshold: 20,
      opportunisticGraftThreshold: 0.05,
    },
  };
}

function lightScore(slotMs: number, appSpecificScore: (peer: string) => number) {
  return {
    topics: {},
    topicScoreCap: 0,
    appSpecificScore,
    appSpecificWeight: 1,
    IPColocationFactorWeight: -35,
    IPColocationFactorThreshold: 10,
    behaviourPenaltyWeight: -16,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: BEHAVIOUR_DECAY,
    decayInterval: slotMs,
    decayToZero: 0.01,
    retainScore: RETAIN_SLOTS * slotMs,
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
