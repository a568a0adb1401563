import { describe, expect, it } from 'vitest';
import { makeP2pMetrics } from '../../../../src/p2p/p2pMetrics.js';
import { MirroredRegistry } from '../../../../src/p2p/worker/metricsMirror.js';
import { P2pClient } from '../../../../src/p2p/worker/p2pClient.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { FakeMetrics } from '../../../support/fakeMetrics.js';

const SIGNER = `0x${'11'.repeat(20)}` as const;

/** A client whose thread answers every call but `unanswered` with null, and the methods it was asked for. */
function clientOfThread(unanswered = '') {
  const asked: string[] = [];
  const listeners: ((message: unknown) => void)[] = [];
  const metrics = new MirroredRegistry(new FakeMetrics());
  makeP2pMetrics(metrics);
  const client = new P2pClient({
    port: {
      on: (_event, listener) => listeners.push(listener),
      postMessage: (message: { readonly id: number; readonly method: string }) => {
        asked.push(message.method);
        if (message.method === unanswered) return;
        for (const hear of listeners) hear({ kind: 'answer', id: message.id, value: null });
      },
    },
    engine: { addUnsafePayload: async () => undefined },
    blocks: { envelopeByNumber: async () => null },
    onReceived: () => undefined,
    metrics,
    log: new FakeLogger(),
    signal: new AbortController().signal,
  });
  return { client, asked };
}

describe('the node asks the thread with the peers', () => {
  it('for what needs peers only once it listens', async () => {
    const { client, asked } = clientOfThread();
    const early = client.call('self', null);
    await client.call('setSigner', SIGNER);
    expect(asked).toEqual(['setSigner']);
    await client.start(new AbortController().signal);
    await early;
    expect(asked).toEqual(['setSigner', 'start', 'self']);
  });

  it('to start, and stops waiting for that when it is stopped itself', async () => {
    const { client, asked } = clientOfThread('start');
    const stopping = new AbortController();
    const starting = client.start(stopping.signal);
    stopping.abort();
    await expect(starting).rejects.toMatchObject({ code: 'ABORTED' });
    await client.call('stop', null);
    expect(asked).toEqual(['start', 'stop']);
  });

  it('in vain once it has ended, whether it ever listened or not', async () => {
    const { client, asked } = clientOfThread();
    const early = client.call('peerStats', null);
    client.close('no disk');
    await expect(early).rejects.toMatchObject({ code: 'P2P_UNAVAILABLE', message: 'no disk' });
    client.close('exit code 1');
    await expect(client.call('setSigner', SIGNER)).rejects.toMatchObject({
      code: 'P2P_UNAVAILABLE',
      message: 'no disk',
    });
    expect(asked).toEqual([]);
  });
});
