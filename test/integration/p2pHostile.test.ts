import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawPeer, varint } from '../../devnet/rawPeer.js';
import { waitFor } from '../../devnet/waitFor.js';
import { encodeEnvelope } from '../../src/p2p/codec/envelopeSsz.js';
import { compressBlock } from '../../src/p2p/codec/snappyBlock.js';
import { payloadByNumberProtocol } from '../../src/p2p/reqresp/requestCodec.js';
import type { ExecutionPayload } from '../../src/types/payload.js';
import { blockOf, CHAIN_ID, messageOf, signedBytes, testKey } from '../support/gossipRig.js';

import { chainOf, startPeer, type TestPeer } from '../support/p2pNetwork.js';

const PATIENCE_MS = 20_000;
const NEWEST = 300n;
const MEBI = 1024 * 1024;
const TOPIC = `/optimism/${CHAIN_ID}/3/blocks`;
const TOPIC_V3 = `/optimism/${CHAIN_ID}/2/blocks`;
const PROTOCOL = payloadByNumberProtocol(CHAIN_ID);

/** A node between the sequencer and a peer that means harm, over real connections on loopback. */
describe('a node with a hostile peer', () => {
  let sequencer: TestPeer;
  let node: TestPeer;
  let hostile: RawPeer;
  const others: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    sequencer = await startPeer(1);
    // The sequencer is one of many in a large network: bans are what they are on a real chain.
    node = await startPeer(2, { staticPeers: [sequencer.address], peersLow: 2, peersHigh: 6 });
    await until('the two are connected', async () => (await listeners(sequencer)) >= 1);
    hostile = await RawPeer.connect(node.address, { privateKey: testKey(66) });
  });
  afterEach(async () => {
    await Promise.all(others.splice(0).map((other) => other.stop()));
    await Promise.all([hostile.stop(), sequencer.node.stop(), node.node.stop()]);
  });

  const until = (what: string, holds: () => boolean | Promise<boolean>) =>
    waitFor(async () => (await holds()) || undefined, { what, timeoutMs: PATIENCE_MS });
  const listeners = async (peer: TestPeer) => (await peer.node.api.peerStats()).blocksTopicV4;
  const judged = (verdict: string): number =>
    node.metrics.value('p2p_gossip_blocks_total', { verdict }) ?? 0;
  const scoreOf = async (peer: string): Promise<number | undefined> =>
    (await node.node.api.peers(true)).peers[peer]?.scores.gossip.total;
  const newest = (overrides: Partial<ExecutionPayload> = {}) => {
    const [block] = chainOf(1, NEWEST);
    if (block === undefined) throw new Error('no block');
    const { blockHash, ...rest } = block.executionPayload;
    return blockOf(4, { ...rest, ...overrides });
  };
  /** The sequencer's next block still arrives, and nothing else has. */
  const sequencerIsHeard = async (before = 0): Promise<void> => {
    const envelope = newest({ extraData: '0x0123', blockNumber: NEWEST + 1n });
    await sequencer.node.publish({ envelope, signature: null });
    await until('the block of the sequencer', () => node.received.length > before);
    expect(node.received).toHaveLength(before + 1);
    expect(node.received.at(-1)).toMatchObject({
      peer: sequencer.id,
      block: { hash: envelope.executionPayload.blockHash },
    });
  };

  it('takes nothing of what is wrong with its messages, and hands on what the sequencer says', async () => {
    const { timestamp } = newest().executionPayload;
    const rejected: readonly Uint8Array[] = [
      messageOf(newest(), testKey(7)),
      messageOf(newest({ timestamp: timestamp - 120n })),
      messageOf(newest({ timestamp: timestamp + 120n })),
      messageOf(newest({ blockHash: `0x${'ee'.repeat(32)}` })),
      compressBlock(Buffer.from('short')),
      Buffer.concat([varint(100), Buffer.alloc(50, 0xff)]),
      Buffer.concat([varint(11 * MEBI), Buffer.alloc(500)]),
      compressBlock(Buffer.alloc(9 * MEBI)),
      Buffer.alloc(20, 0xff),
    ];
    for (const message of rejected) await hostile.publish(TOPIC, message);
    await hostile.publish(TOPIC_V3, messageOf(newest()));
    await until('all are judged', () => judged('reject') >= rejected.length + 1);
    // Not one of ours, and none of those has a place where it could be kept.
    await hostile.publish('/optimism/902/3/blocks', messageOf(newest()));
    await hostile.say({ subscribe: Array.from({ length: 500 }, (_, n) => `/topic/${n}`) });
    expect(node.received).toEqual([]);
    await sequencerIsHeard();
    expect(judged('reject')).toBe(rejected.length + 1);
    const { peers } = await node.node.api.peers(true);
    expect(peers[hostile.id]?.scores.gossip.blocks).toMatchObject({
      firstMessageDeliveries: 0,
      invalidMessageDeliveries: rejected.length + 1,
    });
  });

  it('takes a block once, however often and however signed it comes, and six of a height', async () => {
    const known = newest();
    await sequencer.node.publish({ envelope: known, signature: null });
    await until('the block', () => node.received.length === 1);
    await hostile.publish(TOPIC, messageOf(known));
    await hostile.publish(TOPIC, compressBlock(otherSignature(known)));
    await until('the other signature is judged', () => judged('ignore') === 1);
    // The same message is known without a look into it; the other one by its block.
    const late = { first: 0, late: 2, rejected: 0 };
    const { peers } = await node.node.api.peers(true);
    expect(peers[hostile.id]?.deliveries).toEqual(late);
    expect(peers[sequencer.id]?.deliveries).toMatchObject({ first: 1 });
    expect(node.metrics.value('p2p_gossip_late_total')).toBe(2);
    for (let count = 1; count <= 8; count++) {
      await hostile.publish(TOPIC, messageOf(newest({ extraData: `0x0${count}` })));
    }
    await until('all are judged', () => judged('accept') + judged('reject') === 9);
    expect(judged('accept')).toBe(6);
    await sequencerIsHeard(6);
  });

  it('bans a peer that floods it with messages that are none', async () => {
    await flood(hostile, 400);
    await until('the peer is let go', () => !hostile.isConnected);
    await expect(hostile.reconnect()).rejects.toThrow();
    expect(await scoreOf(sequencer.id)).toBeGreaterThanOrEqual(0);
    await sequencerIsHeard();
  });

  it('bans a peer that pushes itself into meshes that it was put out of, and one that promises messages', async () => {
    const ids = Array.from({ length: 5000 }, (_, n) => idOf(n));
    await hostile.say({ subscribe: [TOPIC], graft: [TOPIC] });
    await hostile.say({ prune: [TOPIC] });
    for (let round = 0; round < 20; round++) {
      await hostile.say({ graft: [TOPIC], ihave: { topic: TOPIC, ids } });
    }
    await until('the peer is let go', () => !hostile.isConnected);
    await expect(hostile.reconnect()).rejects.toThrow();
    expect(await scoreOf(sequencer.id)).toBeGreaterThanOrEqual(0);
    await sequencerIsHeard();
  });

  it('reads no more of what a peer says of itself than a peer has to say, and no longer RPCs than there are', async () => {
    const talker = await RawPeer.connect(node.address, {
      privateKey: testKey(67),
      identifyBytes: 64 * MEBI,
    });
    others.push(talker);
    await talker.publish(TOPIC, Buffer.alloc(20, 0xfe));
    await until('its message is judged', () => judged('reject') === 1);
    await hostile.write(Buffer.concat([varint(64 * MEBI), Buffer.alloc(MEBI)])).catch(() => null);
    await sequencerIsHeard();
  });

  it('answers others while a peer reads no answers, asks nonsense and opens streams', async () => {
    const transactions = Array.from({ length: 8 }, () => `0x${'ab'.repeat(200_000)}` as const);
    const chain = chainOf(3, NEWEST - 2n);
    for (const block of chain) node.blocks.set(block.executionPayload.blockNumber, block);
    const large = newest({ transactions, blockNumber: NEWEST - 3n });
    node.blocks.set(NEWEST - 3n, large);
    const request = Buffer.alloc(8);
    request.writeBigUInt64LE(NEWEST - 3n);
    for (let count = 0; count < 40; count++) {
      const stream = await hostile.open(PROTOCOL).catch(() => null);
      stream?.send(count % 2 === 0 ? request : Buffer.alloc(3000, count));
    }
    const end = chain.at(-1);
    if (end === undefined) throw new Error('no block');
    await sequencer.node.publish({ envelope: end, signature: null });
    await until('the newest', () => node.received.length === 1);
    const asker = await startPeer(3, { staticPeers: [node.address] });
    others.push(asker.node);
    await until('the asker is connected', async () => (await listeners(node)) >= 2);
    const block = node.received[0]?.block;
    if (block === undefined) throw new Error('no block');
    asker.node.requestRange({ start: NEWEST - 3n, end: block });
    await until('the blocks asked for', () => asker.received.length >= 2);
  });

  it('keeps its peers while one address opens connection after connection', async () => {
    const port = Number(/\/tcp\/(\d+)/.exec(node.address)?.[1]);
    const sockets: Socket[] = Array.from({ length: 1000 }, () => {
      const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.9' });
      socket.on('error', () => undefined);
      return socket;
    });
    await until('most are refused', () => sockets.filter((s) => s.destroyed).length > 900);
    const friend = await startPeer(4, { staticPeers: [node.address] });
    others.push(friend.node);
    await until('a friend comes in', async () => (await listeners(node)) >= 2);
    await sequencerIsHeard();
    for (const socket of sockets) socket.destroy();
  });

  it('has places left for others while many who are fully connected call from one address', async () => {
    const roomy = await startPeer(5, { staticPeers: [sequencer.address] });
    others.push(roomy.node);
    const crowd: RawPeer[] = [];
    const refused = () => roomy.metrics.value('p2p_accepts', { allow: 'false' }) ?? 0;
    for (let seed = 100; refused() < 3 && seed < 160; seed++) {
      const options = { privateKey: testKey(seed), localAddress: '127.0.0.9' };
      const peer = await RawPeer.connect(roomy.address, options).catch(() => null);
      if (peer !== null) crowd.push(peer);
    }
    others.push(...crowd);
    expect(crowd.filter(({ isConnected }) => isConnected)).toHaveLength(10);
    const friend = await startPeer(6, { staticPeers: [roomy.address] });
    others.push(friend.node);
    await until('a friend comes in', async () => (await listeners(friend)) >= 1);
    expect((await roomy.node.api.peers(true)).peers[friend.id]?.connectedness).toBe(1);
  });

  function otherSignature(envelope: ReturnType<typeof newest>): Buffer {
    const bytes = signedBytes(encodeEnvelope(envelope), testKey(1));
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = order - BigInt(`0x${bytes.subarray(32, 64).toString('hex')}`);
    bytes.write(s.toString(16).padStart(64, '0'), 32, 'hex');
    bytes[64] = (bytes[64] ?? 0) ^ 1;
    return bytes;
  }
});

/** Twenty bytes. */
function idOf(number: number): Buffer {
  const id = Buffer.alloc(20);
  id.writeUInt32BE(number);
  return id;
}

/** Messages that differ, so that each has to be judged. */
async function flood(peer: RawPeer, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const data = compressBlock(Buffer.from(`nonsense ${index} `.repeat(20)));
    await peer.publish(TOPIC, data);
  }
}
