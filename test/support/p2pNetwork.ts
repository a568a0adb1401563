import '../../src/p2p/host/withResolvers.js';
import { createP2pNode } from '../../src/p2p/createP2pNode.js';
import { makeP2pMetrics } from '../../src/p2p/p2pMetrics.js';
import type { P2pNode } from '../../src/p2p/p2pNode.js';
import type { BlockDelivery } from '../../src/p2p/p2pService.js';
import { DisabledSigner } from '../../src/p2p/signer/blockSigner.js';
import { LocalSigner } from '../../src/p2p/signer/localSigner.js';
import { SystemClock } from '../../src/runtime/clock.js';
import { MemoryP2pStore } from '../../src/stores/memoryP2pStore.js';
import type { Hash } from '../../src/types/block.js';
import type { P2pOptions } from '../../src/types/p2pOptions.js';
import type { ExecutionPayloadEnvelope } from '../../src/types/payload.js';
import { FakeLogger } from './fakeLogger.js';
import { FakeMetrics } from './fakeMetrics.js';
import { addressOfTestKey, blockOf, CHAIN_ID, testKey } from './gossipRig.js';
import { recordedConfig } from './recordedConfig.js';

/** Private key of the sequencer: the signer that all nodes of a test network know. */
const SEQUENCER_KEY = 1;

/** Options of a node on loopback that finds nobody by itself. */
export function p2pOptions(overrides: Partial<P2pOptions> = {}): P2pOptions {
  return {
    identity: { path: '' },
    listenIp: '127.0.0.1',
    listenTcp: 0,
    listenUdp: 0,
    advertiseIp: '',
    advertiseTcp: 0,
    advertiseUdp: 0,
    isDiscoveryEnabled: false,
    bootnodes: [],
    staticPeers: [],
    netRestrict: [],
    muxers: ['yamux', 'mplex'],
    security: ['noise'],
    isNatEnabled: false,
    peersLow: 20,
    peersHigh: 30,
    peersGraceMs: 30_000,
    userAgent: 'optimism',
    dialTimeoutMs: 10_000,
    acceptTimeoutMs: 10_000,
    negotiationTimeoutMs: 10_000,
    peerstorePath: null,
    discoveryPath: null,
    mesh: { d: 8, low: 6, high: 12, lazy: 6, isFloodPublishing: false },
    timestampThresholdMs: 60_000,
    isScoring: true,
    ban: { isEnabled: true, threshold: -100, durationMs: 3_600_000 },
    isReqRespEnabled: true,
    isReqRespOnlyToStatic: false,
    isPingEnabled: true,
    signerReloadMs: 0,
    sequencerKey: null,
    remoteSigner: null,
    ...overrides,
  };
}

/** A node among peers in this process, and what it was given. */
export interface TestPeer {
  readonly node: P2pNode;
  readonly id: string;
  readonly address: string;
  readonly received: BlockDelivery[];
  readonly metrics: FakeMetrics;
  /** What its execution layer has, by number. */
  readonly blocks: Map<bigint, ExecutionPayloadEnvelope>;
}

/**
 * Starts a node.
 * @param seed of its identity, from 2 on; the sequencer is 1 and signs.
 * @param knows who may sign blocks: the sequencer, unless it has to be told by `tellSigner`.
 */
export async function startPeer(
  seed: number,
  overrides: Partial<P2pOptions> = {},
  knows: 'signer' | 'no signer' = 'signer',
): Promise<TestPeer> {
  const received: BlockDelivery[] = [];
  const blocks = new Map<bigint, ExecutionPayloadEnvelope>();
  const metrics = new FakeMetrics();
  const privateKey = testKey(seed);
  const rollup = testRollup();
  const node = await createP2pNode(
    { p2p: p2pOptions(overrides), rollup },
    {
      privateKey,
      signer:
        seed === SEQUENCER_KEY
          ? new LocalSigner({ privateKey, l2ChainId: CHAIN_ID })
          : new DisabledSigner(),
      store: new MemoryP2pStore(),
      discoveryStore: new MemoryP2pStore(),
      random: Math.random,
      node: {
        receive: async (delivery) => void received.push(delivery),
        envelopeByNumber: async (number) => blocks.get(number) ?? null,
      },
      recorder: makeP2pMetrics(metrics),
      clock: new SystemClock(),
      log: new FakeLogger(),
    },
  );
  const { peerId: id, addresses } = await node.start();
  if (knows === 'signer') tellSigner(node);
  return { node, id, address: addresses[0] ?? '', received, metrics, blocks };
}

/** Tells a node that the sequencer signs. */
export function tellSigner(node: P2pNode): void {
  node.setSigner(addressOfTestKey(SEQUENCER_KEY));
}

/** A chain that began five minutes ago, with a block of every second up to now. */
export function testRollup() {
  const config = recordedConfig('forks');
  return {
    ...config,
    l2ChainId: CHAIN_ID,
    blockTime: 1n,
    genesis: {
      ...config.genesis,
      l2: { ...config.genesis.l2, number: 0n },
      l2Time: genesisTime(),
    },
    forks: { regolith: 0n, canyon: 0n, ecotone: 0n, isthmus: 0n },
  };
}

/** Five minutes ago: asked when it is needed, since a block of when a slow test began may be too old. */
function genesisTime(): bigint {
  return BigInt(Math.floor(Date.now() / 1000)) - 300n;
}

/** Blocks one on top of the other, as a chain has them that began five minutes ago. */
export function chainOf(count: number, firstNumber: bigint): readonly ExecutionPayloadEnvelope[] {
  const chain: ExecutionPayloadEnvelope[] = [];
  const l2Time = genesisTime();
  let parentHash: Hash = `0x${'11'.repeat(32)}`;
  for (let index = 0n; index < BigInt(count); index++) {
    const blockNumber = firstNumber + index;
    const timestamp = l2Time + blockNumber;
    const block = blockOf(4, { blockNumber, timestamp, parentHash });
    chain.push(block);
    parentHash = block.executionPayload.blockHash;
  }
  return chain;
}
