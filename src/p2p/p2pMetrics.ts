import type { MetricsRegistry } from '../telemetry/registry.js';
import type { PeerScores } from '../types/peerInfo.js';

/** Names of op-node's gossip tracer. */
export type GossipEvent =
  | 'PUBLISH_MESSAGE'
  | 'REJECT_MESSAGE'
  | 'DUPLICATE_MESSAGE'
  | 'DELIVER_MESSAGE'
  | 'ADD_PEER'
  | 'REMOVE_PEER'
  | 'RECV_RPC'
  | 'SEND_RPC'
  | 'DROP_RPC'
  | 'JOIN'
  | 'LEAVE'
  | 'GRAFT'
  | 'PRUNE';

const SCORE_BUCKETS = [
  -100, -40, -20, -10, -5, -2, -1, -0.5, -0.05, 0, 0.05, 0.5, 1, 2, 5, 10, 20, 40,
];
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const METHOD = 'payload_by_number';

/** Why there are no peers; `none` while there are some. */
export const NO_PEER_REASONS = [
  'none',
  'no_addresses_known',
  'no_bootnode_answers',
  'netrestrict',
  'all_banned',
  'dials_fail',
] as const;
export type NoPeerReason = (typeof NO_PEER_REASONS)[number];

/** Metrics of p2p; every method returns at once and never throws. */
export type P2pRecorder = ReturnType<typeof makeP2pMetrics>;

/** Makes the metrics of p2p; op-node's names, labels and texts where op-node has them. */
export function makeP2pMetrics(registry: MetricsRegistry) {
  return {
    ...connectionMetrics(registry),
    ...gossipMetrics(registry),
    ...reqRespMetrics(registry),
    ...qualityMetrics(registry),
  };
}

function connectionMetrics(registry: MetricsRegistry) {
  const peers = registry.gauge<never>({
    name: 'p2p_peer_count',
    help: 'Count of currently connected p2p peers',
    labels: [],
  });
  const streams = registry.gauge<never>({
    name: 'p2p_stream_count',
    help: 'Count of currently connected p2p streams',
    labels: [],
  });
  const bandwidth = registry.gauge({
    name: 'p2p_bandwidth_bytes_total',
    help: 'P2P bandwidth by direction',
    labels: ['direction'],
  });
  const peerUnbans = registry.counter<never>({
    name: 'p2p_peer_unbans',
    help: 'Count of peer unbans',
    labels: [],
  });
  const ipUnbans = registry.counter<never>({
    name: 'p2p_ip_unbans',
    help: 'Count of IP unbans',
    labels: [],
  });
  const dials = registry.counter({
    name: 'p2p_dials',
    help: 'Count of outgoing dial attempts, with label to filter to allowed attempts',
    labels: ['allow'],
  });
  const accepts = registry.counter({
    name: 'p2p_accepts',
    help: 'Count of incoming dial attempts to accept, with label to filter to allowed attempts',
    labels: ['allow'],
  });
  peerUnbans.inc({}, 0);
  ipUnbans.inc({}, 0);
  peers.set({}, 0);
  streams.set({}, 0);
  return {
    peerCount: (connections: number) => peers.set({}, connections),
    streamCount: (count: number) => streams.set({}, count),
    /** All bytes so far. */
    bandwidth: (direction: 'in' | 'out', bytes: number) => bandwidth.set({ direction }, bytes),
    peerUnban: () => peerUnbans.inc({}),
    dial: (isAllowed: boolean) => dials.inc({ allow: String(isAllowed) }),
    accept: (isAllowed: boolean) => accepts.inc({ allow: String(isAllowed) }),
  };
}

function gossipMetrics(registry: MetricsRegistry) {
  const events = registry.counter({
    name: 'p2p_gossip_events_total',
    help: 'Count of gossip events by type',
    labels: ['type'],
  });
  const scores = registry.histogram({
    name: 'peer_scores',
    help: 'Histogram of currently connected peer scores',
    labels: ['type'],
    buckets: SCORE_BUCKETS,
  });
  return {
    gossipEvent: (type: GossipEvent, times = 1) => events.inc({ type }, times),
    peerScores: ({ gossip, reqResp }: PeerScores) => {
      const observe = (type: string, value: number): void => scores.observe({ type }, value);
      observe('total', gossip.total);
      observe('ipColocation', gossip.IPColocationFactor);
      observe('behavioralPenalty', gossip.behavioralPenalty);
      observe('blocksFirstMessage', gossip.blocks.firstMessageDeliveries);
      observe('blocksTimeInMesh', gossip.blocks.timeInMesh);
      observe('blocksMessageDeliveries', gossip.blocks.meshMessageDeliveries);
      observe('blocksInvalidMessageDeliveries', gossip.blocks.invalidMessageDeliveries);
      observe('reqRespValidResponses', reqResp.validResponses);
      observe('reqRespErrorResponses', reqResp.errorResponses);
      observe('reqRespRejectedPayloads', reqResp.rejectedPayloads);
    },
  };
}

function reqRespMetrics(registry: MetricsRegistry) {
  const labels = ['p2p_role', 'p2p_method', 'result_code'] as const;
  const durations = registry.histogram({
    name: 'p2p_req_duration_seconds',
    help: 'Duration of P2P requests',
    labels,
    buckets: DURATION_BUCKETS,
  });
  const total = registry.counter({
    name: 'p2p_req_total',
    help: 'Number of P2P requests',
    labels,
  });
  const numbers = registry.gauge({
    name: 'p2p_payload_by_number',
    help: 'Payload by number requests',
    labels: ['p2p_role'],
  });
  const quarantine = registry.gauge<never>({
    name: 'p2p_payloads_quarantine_total',
    help: 'number of unverified execution payloads buffered in quarantine',
    labels: [],
  });
  quarantine.set({}, 0);
  return {
    request: (
      role: 'client' | 'server',
      number: bigint,
      resultCode: number,
      durationMs: number,
    ): void => {
      const values = { p2p_role: role, p2p_method: METHOD, result_code: String(resultCode) };
      total.inc(values);
      durations.observe(values, durationMs / 1000);
      numbers.set({ p2p_role: role }, Number(number));
    },
    quarantineSize: (blocks: number) => quarantine.set({}, blocks),
  };
}

/** Not op-node's: how useful peers are, and why there are none. */
function qualityMetrics(registry: MetricsRegistry) {
  const verdicts = registry.counter({
    name: 'p2p_gossip_blocks_total',
    help: 'Count of gossiped blocks by verdict: accept, ignore or reject',
    labels: ['verdict'],
  });
  const noPeers = registry.gauge({
    name: 'p2p_no_peers',
    help: 'Why there are no peers: 1 at the reason that holds, none while there are some',
    labels: ['reason'],
  });
  const dropped = registry.counter<never>({
    name: 'p2p_blocks_dropped_total',
    help: 'Count of received blocks that were not handed to the engine because too many waited',
    labels: [],
  });
  const late = registry.counter<never>({
    name: 'p2p_gossip_late_total',
    help: 'Count of gossiped messages that were there already, from another peer',
    labels: [],
  });
  const idle = registry.gauge<never>({
    name: 'p2p_idle_peers',
    help: 'Count of connected peers that have been the first with no block for ten minutes',
    labels: [],
  });
  dropped.inc({}, 0);
  late.inc({}, 0);
  idle.set({}, 0);
  // What appears with its first event is no increase to Prometheus.
  for (const verdict of ['accept', 'ignore', 'reject']) verdicts.inc({ verdict }, 0);
  return {
    verdict: (verdict: string) => verdicts.inc({ verdict }),
    noPeers: (reason: NoPeerReason) => {
      for (const name of NO_PEER_REASONS) noPeers.set({ reason: name }, Number(name === reason));
    },
    blockDropped: () => dropped.inc({}),
    lateDelivery: () => late.inc({}),
    idlePeers: (peers: number) => idle.set({}, peers),
  };
}
