import { peerIdFromString } from '@libp2p/peer-id';
import type { RollupConfig } from '../rollup/rollupConfig.js';
import { type Clock, nextTurn, type Random } from '../runtime/clock.js';
import type { Logger } from '../telemetry/logger.js';
import type { P2pOptions } from '../types/p2pOptions.js';
import type { PeerScores } from '../types/peerInfo.js';
import { Opp2pBackend } from './api/opp2pBackend.js';
import { PeerView } from './api/peerView.js';
import { Discovery } from './discovery/discovery.js';
import { FoundBook } from './discovery/foundBook.js';
import { BlockValidator } from './gossip/blockValidator.js';
import { GossipHost } from './gossip/gossipHost.js';
import { messageId } from './gossip/messageId.js';
import { blocksTopics } from './gossip/topics.js';
import { UnsafeSigner } from './gossip/unsafeSigner.js';
import { BanBook } from './host/banBook.js';
import { byteCounter } from './host/bandwidth.js';
import { BanMonitor } from './host/banMonitor.js';
import { BlockLists } from './host/blockLists.js';
import { Deliveries } from './host/deliveries.js';
import { makeGater } from './host/gater.js';
import { type Host, makeHost } from './host/libp2pHost.js';
import { NoPeers } from './host/noPeers.js';
import { peerRounds } from './host/peerRounds.js';
import { peerScores } from './host/peerScores.js';
import { closeOrAbort, PeerTrimmer } from './host/peerTrimmer.js';
import { Pings } from './host/pings.js';
import { Protection } from './host/protection.js';
import { startReqResp } from './host/reqResp.js';
import { StaticPeers } from './host/staticPeers.js';
import { watchPeers } from './host/watchPeers.js';
import type { P2pRecorder } from './p2pMetrics.js';
import { HandOver, P2pNode } from './p2pNode.js';
import type { P2pNodeSide } from './p2pService.js';
import type { P2pStore } from './ports.js';
import { type AppScores, DisabledAppScores, LightAppScores } from './scores/appScores.js';
import { FloodScores } from './scores/floodScores.js';
import type { BlockSigner } from './signer/blockSigner.js';

export interface P2pNodeOptions {
  readonly p2p: P2pOptions;
  readonly rollup: RollupConfig;
}

export interface P2pNodePeers {
  /** 32 bytes: who we are to peers. */
  readonly privateKey: Uint8Array;
  readonly signer: BlockSigner;
  readonly store: P2pStore;
  /** Nodes that discovery knows. */
  readonly discoveryStore: P2pStore;
  readonly random: Random;
  readonly node: P2pNodeSide;
  readonly recorder: P2pRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is known about peers, and decides who may be one. */
interface PeerBooks {
  readonly appScores: AppScores;
  readonly floods: FloodScores;
  readonly lists: BlockLists;
  readonly bans: BanBook;
  readonly deliveries: Deliveries;
}

/** The host with what looks after its peers. */
interface Peering extends PeerBooks {
  readonly host: Host;
  readonly gossip: GossipHost;
  readonly statics: StaticPeers;
  readonly protection: Protection;
  readonly pings: Pings;
  readonly scores: (peer: string) => PeerScores;
}

/** Makes a node among peers; it listens once it is started. @throws NodeError P2P_BAD_ADDRESS of a static peer. */
export async function createP2pNode(
  options: P2pNodeOptions,
  peers: P2pNodePeers,
): Promise<P2pNode> {
  const { rollup, p2p } = options;
  const { clock, recorder, log, node, store, discoveryStore } = peers;
  const stopping = new AbortController();
  const { signal } = stopping;
  const authority = new UnsafeSigner(clock);
  const handOver = new HandOver({ node, recorder, log });
  const books = makeBooks(options, peers);
  const host = await makeLibp2p(options, peers, books);
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
  const foundBook = new FoundBook(store);
  const discovery = p2p.isDiscoveryEnabled
    ? makeDiscovery(options, peers, peering, foundBook)
    : null;
  const isAsked = (peer: string): boolean =>
    !p2p.isReqRespOnlyToStatic || peering.statics.has(peer);
  watchPeers(host, { ...peering, sync, isAsked, recorder });
  return new P2pNode({
    rollup,
    host,
    gossip,
    api: makeApi(rollup, peering, discovery, foundBook),
    authority,
    signer: peers.signer,
    sync,
    discovery,
    rounds: (until) => makeRounds(options, peers, peering, until),
    closeStores: async () => {
      await store.close();
      await discoveryStore.close();
    },
    stopping,
    log,
  });
}

function makeBooks({ p2p }: P2pNodeOptions, { store, clock, recorder }: P2pNodePeers): PeerBooks {
  return {
    appScores: p2p.isScoring ? new LightAppScores() : new DisabledAppScores(),
    floods: new FloodScores(),
    lists: new BlockLists(store),
    bans: new BanBook(p2p.ban, { store, clock, onUnban: recorder.peerUnban }),
    deliveries: new Deliveries(clock),
  };
}

function makeLibp2p(
  { p2p, rollup }: P2pNodeOptions,
  { privateKey, store, recorder }: P2pNodePeers,
  { appScores, floods, lists, bans }: PeerBooks,
): Promise<Host> {
  return makeHost(p2p, {
    privateKey,
    slotMs: slotMs(rollup),
    store,
    gater: makeGater({ lists, bans, recorder }),
    gossip: {
      topics: [...blocksTopics(rollup.l2ChainId).keys()],
      messageId,
      appScore: (peer) => appScores.score(peer) + floods.score(peer),
      countEvent: recorder.gossipEvent,
    },
    countBytes: byteCounter(recorder.bandwidth),
  });
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
      if (verdict.kind === 'reject' && verdict.fault) books.floods.count(peer, verdict.fault);
    },
    onJoin: () => recorder.gossipEvent('JOIN'),
    log,
    signal,
  });
}

function makePeering(
  { p2p }: P2pNodeOptions,
  { clock, log }: P2pNodePeers,
  parts: { readonly host: Host; readonly gossip: GossipHost; readonly books: PeerBooks },
): Peering {
  const { host, gossip, books } = parts;
  const statics = new StaticPeers(p2p.staticPeers, {
    self: host.peerId.toString(),
    isConnected: (peer) => host.getConnections(peer).length > 0,
    dial: (address, signal) => host.dial(address, { signal }),
    log,
  });
  const protection = new Protection({
    isStatic: (peer) => statics.has(peer),
    isInMesh: (peer) => gossip.isInMesh(peer),
  });
  const pings = new Pings({
    peers: () => host.getPeers(),
    ping: (peer, signal) => host.services.ping.ping(peer, { signal }),
    clock,
  });
  const scores = (peer: string): PeerScores =>
    peerScores(peer, {
      gossip,
      answers: (id) => books.appScores.counters(id),
      deliveries: (id) => books.deliveries.of(id),
    });
  return { ...books, host, gossip, statics, protection, pings, scores };
}

function makeDiscovery(
  { p2p, rollup }: P2pNodeOptions,
  { privateKey, discoveryStore, clock, random, log }: P2pNodePeers,
  { host }: Peering,
  foundBook: FoundBook,
): Discovery {
  return new Discovery(
    { ...p2p, chainId: rollup.l2ChainId },
    {
      privateKey,
      listeningTcp: () => tcpPort(host),
      connected: () => host.getPeers().length,
      keep: async ({ peer, address, enr }) => {
        if (peer.equals(host.peerId)) return;
        await host.peerStore.merge(peer, { multiaddrs: [address] });
        await foundBook.keep(peer.toString(), { enr, chainId: Number(rollup.l2ChainId) });
      },
      candidates: async () => {
        const all = await host.peerStore.all();
        return all
          .filter(({ id, addresses }) => addresses.length > 0 && !id.equals(host.peerId))
          .filter(({ id }) => host.getConnections(id).length === 0)
          .map(({ id }) => id.toString());
      },
      dial: (peer, signal) => host.dial(peerIdFromString(peer), { signal }),
      store: discoveryStore,
      clock,
      random,
      log,
    },
  );
}

/** The port that libp2p listens on. */
function tcpPort(host: Host): number {
  const parts = host.getMultiaddrs()[0]?.getComponents() ?? [];
  return Number(parts.find(({ name }) => name === 'tcp')?.value ?? 0);
}

function makeApi(
  { l2ChainId }: RollupConfig,
  peering: Peering,
  discovery: Discovery | null,
  foundBook: FoundBook,
): Opp2pBackend {
  const { host, gossip, lists, bans, protection, pings, scores } = peering;
  const topics = [...blocksTopics(l2ChainId).keys()];
  const view = new PeerView({
    host,
    isProtected: (peer) => protection.has(peer),
    latencyNs: (peer) => pings.latencyNs(peer),
    scores,
    gossipPeers: () => gossip.allPeers,
    discovered: (peer) => foundBook.of(peer),
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
  });
}

function makeRounds(
  { p2p, rollup }: P2pNodeOptions,
  { clock, log, recorder }: P2pNodePeers,
  peering: Peering,
  signal: AbortSignal,
): Promise<void> {
  const { host, gossip, statics, protection, deliveries, bans, lists, pings } = peering;
  const connectedPeers = (): readonly string[] => host.getPeers().map(String);
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
      connectedPeers,
      knownPeers: async () => (await known()).length,
      score: (peer) => gossip.scoreOf(peer),
      isSafe: (peer) => statics.has(peer),
      ban: (peer, isNetworkSmall) => bans.ban(peer, isNetworkSmall),
      close: async (peer) => {
        await Promise.all(host.getConnections(peerIdFromString(peer)).map(closeOrAbort));
      },
      log,
    },
  );
  const noPeers = new NoPeers({
    connected: () => host.getPeers().length,
    known,
    isRefused: (peer) => lists.isPeerBlocked(peer) || bans.isBanned(peer),
    record: recorder.noPeers,
    clock,
    log,
  });
  return peerRounds(
    {
      ...peering,
      trimmer,
      noPeers,
      monitor: p2p.ban.isEnabled ? monitor : null,
      pings: p2p.isPingEnabled ? pings : null,
      slotMs: slotMs(rollup),
      connectedPeers,
      streamCount: () =>
        host.getConnections().reduce((sum, { streams }) => sum + streams.length, 0),
      recorder,
      clock,
      log,
    },
    signal,
  );
}

function slotMs({ blockTime }: RollupConfig): number {
  return Number(blockTime) * 1000;
}
