import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../devnet/waitFor.js';
import { makeP2pMetrics } from '../../src/p2p/p2pMetrics.js';
import { DisabledSigner } from '../../src/p2p/signer/blockSigner.js';
import { MirroredRegistry } from '../../src/p2p/worker/metricsMirror.js';
import { P2pClient } from '../../src/p2p/worker/p2pClient.js';
import { runP2pWorker } from '../../src/p2p/worker/runP2pWorker.js';
import { SystemClock } from '../../src/runtime/clock.js';
import { MemoryP2pStore } from '../../src/stores/memoryP2pStore.js';
import type { ExecutionPayloadEnvelope } from '../../src/types/payload.js';
import { FakeLogger } from '../support/fakeLogger.js';
import { FakeMetrics } from '../support/fakeMetrics.js';
import { addressOfTestKey, testKey } from '../support/gossipRig.js';
import {
  chainOf,
  p2pOptions,
  startPeer,
  type TestPeer,
  testRollup,
} from '../support/p2pNetwork.js';

const PATIENCE_MS = 20_000;

/** The thread's side and the node's side of a port, both in this thread. */
describe('peers in a thread of their own', () => {
  const channel = new MessageChannel();
  const log = new FakeLogger();
  const metrics = new FakeMetrics();
  const inserted: ExecutionPayloadEnvelope[] = [];
  const received: string[] = [];
  const stopping = new AbortController();
  const stray = { report: (_thrown: unknown): void => undefined };
  let client: P2pClient;
  let sequencer: TestPeer;

  beforeAll(async () => {
    const mirror = new MirroredRegistry(metrics);
    makeP2pMetrics(mirror);
    client = new P2pClient({
      port: channel.port1,
      engine: { addUnsafePayload: async (envelope) => void inserted.push(envelope) },
      blocks: { envelopeByNumber: async () => null },
      metrics: mirror,
      onReceived: (payload) => received.push(payload.blockHash),
      log,
      signal: stopping.signal,
    });
    await runP2pWorker(
      { p2p: p2pOptions(), rollup: testRollup() },
      {
        port: channel.port2,
        privateKey: testKey(2),
        signer: new DisabledSigner(),
        store: new MemoryP2pStore(),
        discoveryStore: new MemoryP2pStore(),
        clock: new SystemClock(),
        random: Math.random,
        onStray: (report) => {
          stray.report = report;
        },
      },
    );
    sequencer = await startPeer(1);
    await client.start(stopping.signal);
    await client.call('setSigner', addressOfTestKey(1));
    await client.call('connectPeer', sequencer.address);
  });
  afterAll(async () => {
    await client.call('stop', null);
    await sequencer.node.stop();
    channel.port1.close();
  });

  it('give blocks to the engine as they were published, and metrics and lines to the node', async () => {
    await waitFor(
      async () => (await sequencer.node.api.peerStats()).blocksTopicV4 === 1 || undefined,
      { what: 'a peer on the topic', timeoutMs: PATIENCE_MS },
    );
    const [envelope] = chainOf(1, 300n);
    if (envelope === undefined) throw new Error('no block');
    await sequencer.node.publish({ envelope, signature: null });
    await waitFor(() => inserted.length === 1 || undefined, {
      what: 'a block',
      timeoutMs: PATIENCE_MS,
    });
    expect(inserted).toEqual([envelope]);
    expect(received).toEqual([envelope.executionPayload.blockHash]);
    const accepted = () => metrics.value('p2p_gossip_blocks_total', { verdict: 'accept' });
    await waitFor(() => accepted() || undefined, {
      what: 'metrics',
      timeoutMs: PATIENCE_MS,
    });
    expect(metrics.value('p2p_peer_count')).toBe(1);
    expect(log.lines.map(({ message }) => message)).toContain('started p2p host');
  });

  it('cannot publish without a key, and the caller is told', async () => {
    const [envelope] = chainOf(1, 299n);
    if (envelope === undefined) throw new Error('no block');
    await expect(client.call('publish', { envelope, signature: null })).rejects.toMatchObject({
      code: 'P2P_NOT_SIGNED',
    });
  });

  it('say what nobody caught, and go on', async () => {
    stray.report(new Error('broken stream'));
    await waitFor(() => log.lines.some(({ level }) => level === 'error') || undefined, {
      what: 'a line',
      timeoutMs: PATIENCE_MS,
    });
    expect(log.lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      err: 'broken stream',
    });
    expect(await client.call('peerStats', null)).toMatchObject({ connected: 1 });
  });
});
