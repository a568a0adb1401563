import type { RollupConfig } from '../rollup/rollupConfig.js';
import { linkSignals } from '../runtime/abort.js';
import { nextTurn } from '../runtime/turns.js';
import { Opp2pBackend, type Opp2pDeps } from './api/opp2pBackend.js';
import { PeerView } from './api/peerView.js';
import type { Discovery } from './discovery/discovery.js';
import { makeDiscovery } from './discovery/makeDiscovery.js';
import { BlockValidator } from './gossip/blockValidator.js';
import { GossipHost } from './gossip/gossipHost.js';
import { messageId } from './gossip/messageId.js';
import { blocksTopics } from './gossip/topics.js';
import { UnsafeSigner } from './gossip/unsafeSigner.js';
import { HandOver } from './handOver.js';
import { byteCounter } from './host/bandwidth.js';
import { Crowd } from './host/crowd.js';
import { makeGater } from './host/gater.js';
import { type Host, makeHost } from './host/libp2pHost.js';
import { makePeerBooks, type PeerBooks } from './host/peerBooks.js';
import { makePeering, type Peering } from './host/peering.js';
import { peerUpkeep } from './host/peerUpkeep.js';
import { startReqResp } from './host/reqResp.js';
import { parsePeerAddress } from './host/staticPeers.js';
import { watchPeers } from './host/watchPeers.js';
import { P2pNode } from './p2pNode.js';
import { type P2pNodeOptions, type P2pNodePeers, slotMs } from './p2pNodeOptions.js';
import { PEER_SCORE } from './scores/parameters.js';

/** Makes a node among peers; it listens once it is started. @throws NodeError P2P_BAD_ADDRESS of a static peer. */
export async function createP2pNode(
  options: P2pNodeOptions,
  peers: P2pNodePeers,
): Promise<P2pNode> {
  const { rollup, p2p } = options;
  const { clock, recorder, log, node, store, discoveryStore } = peers;
  const stopping = linkSignals();
  const { signal } = stopping;
  const authority = new UnsafeSigner(clock);
  const handOver = new HandOver({ node, recorder, log });
  const books = makePeerBooks(options, peers);
  const host = await makeLibp2p(options, peers, { ...books, signal });
  const gossip = makeGossip(options, peers, { host, books, authority, handOver, signal });
  const peering = makePeering(options, peers, { host, gossip, books });
  const sync = p2p.isReqRespEnabled
    ? await startReqResp({
        rollup,
        host,
        node,
        give: (block, peer) => handOver.give(block, peer),
        scorer: books.appScores,
        recorder,
        clock,
        log,
        signal,
      })
    : null;
  const discovery = p2p.isDiscoveryEnabled
    ? makeDiscovery(options, peers, host, books.found)
    : null;
  const isAsked = (peer: string): boolean =>
    !p2p.isReqRespOnlyToStatic || peering.statics.has(peer);
  watchPeers(host, { ...peering, sync, isAsked, recorder });
  return new P2pNode({
    rollup,
    host,
    gossip,
    api: makeApi(rollup, peering, { discovery, clock, signal }),
    authority,
    signer: peers.signer,
    sync,
    discovery,
    rounds: (until) => peerUpkeep(options, peers, { ...peering, discovery, signal: until }),
    closeStores: async () => {
      await store.close();
      await discoveryStore.close();
    },
    stopping,
    clock,
    log,
  });
}

async function makeLibp2p(
  { p2p, rollup }: P2pNodeOptions,
  { privateKey, store, recorder, log }: P2pNodePeers,
  { appScores, floods, lists, bans, signal }: PeerBooks & { readonly signal: AbortSignal },
): Promise<Host> {
  const statics = new Set(p2p.staticPeers.map((text) => parsePeerAddress(text).peer.toString()));
  const crowd = new Crowd(
    { max: PEER_SCORE.ipColocationFactorThreshold },
    { connections: () => host.getConnections(), isExempt: (peer) => statics.has(peer) },
  );
  if (!p2p.isScoring) log.info('Peer scoring disabled');
  const host: Host = await makeHost(p2p, {
    privateKey,
    slotMs: slotMs(rollup),
    store,
    gater: makeGater({ lists, bans, crowd: p2p.isScoring ? crowd : null, recorder }),
    gossip: {
      topics: [...blocksTopics(rollup.l2ChainId).keys()],
      messageId,
      appScore: (peer) => appScores.score(peer) + floods.score(peer),
      countEvent: recorder.gossipEvent,
    },
    countBytes: byteCounter(recorder.bandwidth),
    log,
    signal,
  });
  return host;
}

function makeGossip(
  { p2p, rollup }: P2pNodeOptions,
  { clock, recorder, log }: P2pNodePeers,
  parts: {
    readonly host: Host;
    readonly books: PeerBooks;
    readonly authority: UnsafeSigner;
    readonly handOver: HandOver;
    readonly signal: AbortSignal;
  },
): GossipHost {
  const { host, books, authority, handOver, signal } = parts;
  const validators = [...blocksTopics(rollup.l2ChainId)].map(
    ([topic, version]) =>
      [
        topic,
        new BlockValidator(
          { version, config: rollup, maxAgeMs: p2p.timestampThresholdMs },
          { clock, signer: authority, turn: nextTurn },
        ),
      ] as const,
  );
  return new GossipHost({
    gossip: host.services.gossip,
    validators: new Map(validators),
    onBlock: (block, peer) => void handOver.give(block, peer),
    onVerdict: (peer, verdict) => {
      books.deliveries.record(peer, verdict.kind);
      recorder.verdict(verdict.kind);
      if (verdict.kind === 'ignore') recorder.lateDelivery();
      if (verdict.kind === 'reject' && verdict.fault) books.floods.count(peer, verdict.fault);
    },
    onJoin: () => recorder.gossipEvent('JOIN'),
    log,
    signal,
  });
}

interface ApiParts extends Pick<Opp2pDeps, 'clock' | 'signal'> {
  readonly discovery: Discovery | null;
}

function makeApi(
  { l2ChainId }: RollupConfig,
  peering: Peering,
  { discovery, ...life }: ApiParts,
): Opp2pBackend {
  const { host, gossip, lists, bans, found, deliveries, protection, pings, scores } = peering;
  const topics = [...blocksTopics(l2ChainId).keys()];
  const view = new PeerView({
    host,
    isProtected: (peer) => protection.has(peer),
    latencyNs: (peer) => pings.latencyNs(peer),
    scores,
    deliveries: (peer) => deliveries.of(peer),
    gossipPeers: () => gossip.allPeers,
    discovered: (peer) => found.of(peer),
    ownRecord: () => discovery?.ownRecord ?? '',
  });
  return new Opp2pBackend({
    host,
    view,
    lists,
    bans,
    protection,
    topicPeers: () => topics.map((topic) => gossip.peersOf(topic)),
    discovery,
    ...life,
  });
}
