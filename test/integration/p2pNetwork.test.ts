import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../devnet/waitFor.js';
import { decodeEnvelope } from '../../src/p2p/codec/envelopeSsz.js';
import { chainOf, startPeer, type TestPeer, tellSigner } from '../support/p2pNetwork.js';

const PATIENCE_MS = 20_000;
/** The newest block of these tests: of about now. */
const NEWEST = 300n;

/** Nodes in this process, over real connections on loopback. */
describe('a network of peers', () => {
  const peers: TestPeer[] = [];
  const start = async (...args: Parameters<typeof startPeer>): Promise<TestPeer> => {
    const peer = await startPeer(...args);
    peers.push(peer);
    return peer;
  };
  afterEach(async () => {
    await Promise.all(peers.splice(0).map(({ node }) => node.stop()));
  });

  const wanted = (peer: TestPeer, count: number) =>
    waitFor(
      async () => {
        const { blocksTopicV4 } = await peer.node.api.peerStats();
        return blocksTopicV4 >= count || undefined;
      },
      { what: `${peer.id} has ${count} peers on the topic`, timeoutMs: PATIENCE_MS },
    );
  /** Others' blocks are passed on to the mesh alone; one who called, and is named by nobody, is protected for being in it. */
  const inMesh = (peer: TestPeer, caller: TestPeer) =>
    waitFor(
      async () => (await peer.node.api.peers(true)).peers[caller.id]?.protected || undefined,
      {
        what: `${peer.id} has ${caller.id} in its mesh`,
        timeoutMs: PATIENCE_MS,
      },
    );
  const numbers = ({ received }: TestPeer) => received.map(({ block }) => Number(block.number));
  const has = (peer: TestPeer, count: number) =>
    waitFor(() => peer.received.length >= count || undefined, {
      what: `${count} blocks, has ${numbers(peer)}`,
      timeoutMs: PATIENCE_MS,
    });

  it('of two: a published block arrives as it was, with who sent it', async () => {
    const sequencer = await start(1);
    const verifier = await start(2, { staticPeers: [sequencer.address] });
    await wanted(sequencer, 1);
    const [envelope] = chainOf(1, NEWEST);
    if (envelope === undefined) throw new Error('no block');
    await sequencer.node.publish({ envelope, signature: null });
    await has(verifier, 1);
    const [delivery] = verifier.received;
    if (delivery === undefined) throw new Error('no delivery');
    expect(decodeEnvelope(delivery.block.version, delivery.block.body)).toEqual(envelope);
    expect(delivery.peer).toBe(sequencer.id);
    expect(sequencer.received).toEqual([]);
    expect(verifier.metrics.value('p2p_gossip_blocks_total', { verdict: 'accept' })).toBe(1);
    const { peers: known, totalConnected } = await verifier.node.api.peers(true);
    expect(totalConnected).toBe(1);
    expect(known[sequencer.id]).toMatchObject({
      peerID: sequencer.id,
      userAgent: 'optimism',
      addresses: [sequencer.address],
      connectedness: 1,
      direction: 2,
      protected: true,
      gossipBlocks: true,
      scores: { gossip: { blocks: { firstMessageDeliveries: 1 } } },
    });
    const seen = await sequencer.node.api.peers(true);
    expect(seen.peers[verifier.id]).toMatchObject({ direction: 1, connectedness: 1 });
  });

  it('of five in a line: every block reaches all', async () => {
    const line = [await start(1)];
    for (const seed of [2, 3, 4, 5]) {
      const before = line.at(-1);
      line.push(await start(seed, { staticPeers: [before?.address ?? ''] }));
    }
    const [sequencer, ...verifiers] = line;
    if (sequencer === undefined) throw new Error('no sequencer');
    await Promise.all(line.map((peer, at) => wanted(peer, at === 0 || at === 4 ? 1 : 2)));
    await Promise.all(verifiers.map((caller, at) => inMesh(line[at] ?? sequencer, caller)));
    for (const envelope of chainOf(3, NEWEST - 2n)) {
      await sequencer.node.publish({ envelope, signature: null });
    }
    for (const verifier of verifiers) {
      await has(verifier, 3);
      expect(numbers(verifier).sort()).toEqual([298, 299, 300]);
    }
  });

  it('after a partition: the missing blocks are asked for, newest first, and served', async () => {
    const sequencer = await start(1);
    const verifier = await start(2);
    const chain = chainOf(6, NEWEST - 5n);
    for (const envelope of chain) {
      sequencer.blocks.set(envelope.executionPayload.blockNumber, envelope);
    }
    await verifier.node.api.connectPeer(sequencer.address);
    await wanted(sequencer, 1);
    await verifier.node.api.disconnectPeer(sequencer.id);
    for (const envelope of chain.slice(1, 5)) {
      await sequencer.node.publish({ envelope, signature: null });
    }
    await verifier.node.api.connectPeer(sequencer.address);
    await wanted(sequencer, 1);
    const newest = chain.at(-1);
    if (newest === undefined) throw new Error('no block');
    await sequencer.node.publish({ envelope: newest, signature: null });
    await has(verifier, 1);
    const [delivery] = verifier.received;
    if (delivery === undefined) throw new Error('no delivery');
    verifier.node.requestRange({ start: NEWEST - 5n, end: delivery.block });
    await has(verifier, 5);
    expect(numbers(verifier).sort()).toEqual([296, 297, 298, 299, 300]);
    const requests = { p2p_role: 'server', p2p_method: 'payload_by_number', result_code: '0' };
    expect(sequencer.metrics.value('p2p_req_total', requests)).toBeGreaterThanOrEqual(4);
    const { peers: known } = await verifier.node.api.peers(true);
    expect(known[sequencer.id]?.scores.reqResp.validResponses).toBeGreaterThan(2);
  });

  it('takes nothing that another key has signed, and counts it against who sent it', async () => {
    const sequencer = await start(1);
    const verifier = await start(2, { staticPeers: [sequencer.address] });
    verifier.node.setSigner(`0x${'99'.repeat(20)}`);
    await wanted(sequencer, 1);
    // The first signer has its grace time; the second change forgets it.
    verifier.node.setSigner(`0x${'98'.repeat(20)}`);
    const [envelope] = chainOf(1, NEWEST);
    if (envelope === undefined) throw new Error('no block');
    await sequencer.node.publish({ envelope, signature: null });
    const counted = async (): Promise<number | undefined> => {
      const { peers: known } = await verifier.node.api.peers(true);
      return known[sequencer.id]?.scores.gossip.blocks.invalidMessageDeliveries || undefined;
    };
    expect(await waitFor(counted, { what: 'a rejected block', timeoutMs: PATIENCE_MS })).toBe(1);
    expect(verifier.metrics.value('p2p_gossip_blocks_total', { verdict: 'reject' })).toBe(1);
    expect(verifier.received).toEqual([]);
  });

  it('misses no block while one does not know who may sign: none is sent to it', async () => {
    const sequencer = await start(1);
    const verifier = await start(2, { staticPeers: [sequencer.address] }, 'no signer');
    const witness = await start(3, { staticPeers: [sequencer.address] });
    // By then the sequencer would have been told the topics of both.
    await Promise.all([wanted(verifier, 1), wanted(witness, 1)]);
    await wanted(sequencer, 1);
    const [early, late] = chainOf(2, NEWEST - 1n);
    if (early === undefined || late === undefined) throw new Error('no block');
    await sequencer.node.publish({ envelope: early, signature: null });
    await has(witness, 1);
    tellSigner(verifier.node);
    await wanted(sequencer, 2);
    await sequencer.node.publish({ envelope: late, signature: null });
    await waitFor(() => numbers(verifier).includes(300) || undefined, {
      what: 'the block',
      timeoutMs: PATIENCE_MS,
    });
    expect(verifier.metrics.value('p2p_gossip_blocks_total', { verdict: 'ignore' })).toBe(0);
  });

  it('lets nobody in who is blocked, until the block ends', async () => {
    const one = await start(1);
    const two = await start(2);
    await one.node.api.blockPeer(two.id);
    await expect(one.node.api.connectPeer(two.address)).rejects.toMatchObject({
      code: 'P2P_UNREACHABLE',
    });
    expect(one.metrics.value('p2p_dials', { allow: 'false' })).toBeGreaterThan(0);
    expect((await one.node.api.peers(true)).bannedPeers).toEqual([two.id]);
    await one.node.api.unblockPeer(two.id);
    await one.node.api.connectPeer(two.address);
    expect((await one.node.api.peerStats()).connected).toBe(1);
  });
});
