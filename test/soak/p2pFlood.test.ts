import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { residentMiB } from '../../bench/measure/residentMemory.js';
import { GossipRig } from '../../bench/p2p/gossipRig.js';
import { builtNode } from '../../devnet/nodeProcess.js';
import type { RawPeer } from '../../devnet/rawPeer.js';

const SECONDS = Number(process.env.SOAK_SECONDS ?? 180);
const FLOODERS = 3;
const MEGABYTE = 1_000_000;
const MAX_MIB = 640;

/** Peers that come again under another name whenever they are let go, and send large messages that are nothing. */
describe('a flood of messages for minutes', () => {
  const stop = new AbortController();
  let rig: GossipRig;
  let floods: Promise<unknown> = Promise.resolve();

  beforeAll(async () => {
    rig = await GossipRig.open(builtNode());
  });
  afterAll(async () => {
    stop.abort();
    await floods;
    await rig?.close();
  });

  it('keeps no block of the sequencer from the engine, and memory is bounded', async () => {
    const peer = await rig.peer();
    floods = Promise.all(Array.from({ length: FLOODERS }, () => floodForEver()));
    let peakMiB = 0;
    for (let second = 0; second < SECONDS; second++) {
      const { hash, message } = rig.nextBlock(MEGABYTE);
      await peer.publish(rig.topic, message);
      await rig.arrival(hash);
      peakMiB = Math.max(peakMiB, await residentMiB(rig.node.process.pid ?? 0));
      await sleep(1_000);
    }
    console.log(`memory at its peak: ${peakMiB.toFixed(0)} MiB`);
    expect(peakMiB).toBeLessThan(MAX_MIB);
  });

  async function floodForEver(): Promise<void> {
    while (!stop.signal.aborted) {
      const peer = await rig.stranger().catch(() => null);
      if (peer !== null) await floodOnce(peer);
      await sleep(100);
    }
  }

  /** Until the node has had enough of this one. */
  async function floodOnce(peer: RawPeer): Promise<void> {
    const message = rig.strangersMessage(MEGABYTE);
    try {
      for (let index = 0; peer.isConnected && !stop.signal.aborted; index++) {
        // Every other one is no message at all.
        const bytes =
          index % 2 === 0 ? message.subarray(0, -1 - index) : rig.strangersMessage(1_000);
        await peer.publish(rig.topic, bytes);
        await sleep(2);
      }
    } catch {
      // Let go in the middle of a message.
    } finally {
      await peer.stop();
    }
  }
});
