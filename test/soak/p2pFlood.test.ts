import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawPeer } from '../../devnet/rawPeer.js';
import { waitFor } from '../../devnet/waitFor.js';
import { compressBlock } from '../../src/p2p/codec/snappyBlock.js';
import { blockOf, CHAIN_ID, messageOf, signedBytes, testKey } from '../support/gossipRig.js';

import { chainOf, startPeer, type TestPeer } from '../support/p2pNetwork.js';

const MINUTES = 3;
const TOPIC = `/optimism/${CHAIN_ID}/3/blocks`;
/** The peers that flood are in this process as well. */
const MAX_GROWTH_BYTES = 1536 * 1024 * 1024;
const MAX_LATER_GROWTH_BYTES = 256 * 1024 * 1024;
const PATIENCE_MS = 60_000;

/** Peers that come again under another name whenever they are let go, and send large messages that are nothing. */
describe('a flood of messages for minutes', () => {
  let sequencer: TestPeer;
  let node: TestPeer;
  const stop = new AbortController();
  let floods: Promise<unknown> = Promise.resolve();

  beforeAll(async () => {
    sequencer = await startPeer(1);
    node = await startPeer(2, { staticPeers: [sequencer.address], peersLow: 2 });
    const heard = async () =>
      (await sequencer.node.api.peerStats()).blocksTopicV4 >= 1 || undefined;
    await waitFor(heard, { what: 'the two are connected', timeoutMs: PATIENCE_MS });
  });
  afterAll(async () => {
    stop.abort();
    await floods;
    await Promise.all([sequencer.node.stop(), node.node.stop()]);
  });

  it('keeps no block of the sequencer away, and memory is bounded', async () => {
    const before = process.memoryUsage().rss;
    floods = Promise.all([0, 1, 2].map((lane) => floodForEver(lane)));
    const peaks = [before, before];
    const blocks = chainOf(MINUTES * 60, 301n);
    for (const [index, envelope] of blocks.entries()) {
      await sequencer.node.publish({ envelope, signature: null });
      await sleep(1_000);
      const half = index < blocks.length / 2 ? 0 : 1;
      peaks[half] = Math.max(peaks[half] ?? 0, process.memoryUsage().rss);
      expect(node.received.length).toBeGreaterThanOrEqual(index);
    }
    await waitFor(() => node.received.length === blocks.length || undefined, {
      what: 'all blocks',
      timeoutMs: PATIENCE_MS,
    });
    const [early = 0, late = 0] = peaks;
    expect(late - before).toBeLessThan(MAX_GROWTH_BYTES);
    expect(late - early).toBeLessThan(MAX_LATER_GROWTH_BYTES);
  });

  async function floodForEver(lane: number): Promise<void> {
    for (let life = 0; !stop.signal.aborted; life++) {
      const seed = 10 + ((lane * 80 + life) % 240);
      const peer = await RawPeer.connect(node.address, { privateKey: testKey(seed) }).catch(
        () => null,
      );
      if (peer === null) await sleep(1_000);
      else await floodOnce(peer, life);
    }
  }

  /** Until the node has had enough of this one. */
  async function floodOnce(peer: RawPeer, life: number): Promise<void> {
    try {
      for (let index = 0; peer.isConnected && !stop.signal.aborted; index++) {
        await peer.publish(TOPIC, index % 2 === 0 ? garbage(index + life * 1e6) : strangers(index));
        await sleep(1);
      }
    } catch {
      // Let go in the middle of a message.
    } finally {
      await peer.stop();
    }
  }
});

/** A megabyte that is no message. */
function garbage(index: number): Buffer {
  const data = Buffer.alloc(1024 * 1024, index % 251);
  data.writeDoubleLE(index);
  return Buffer.concat([Buffer.from([0x80, 0x80, 0x40]), data]);
}

/** A block that somebody else has signed, with a megabyte that differs. */
function strangers(index: number): Uint8Array {
  if (index % 20 === 1) return messageOf(blockOf(4, { blockNumber: BigInt(index) }), testKey(9));
  const body = Buffer.alloc(1024 * 1024, index % 251);
  body.writeDoubleLE(index + Math.random());
  return compressBlock(signedBytes(body, testKey(9)));
}
