import { describe, expect, it } from 'vitest';
import { makeP2pMetrics } from '../../../../src/p2p/p2pMetrics.js';
import { MirroredRegistry } from '../../../../src/p2p/worker/metricsMirror.js';
import { P2pClient } from '../../../../src/p2p/worker/p2pClient.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { FakeMetrics } from '../../../support/fakeMetrics.js';

const SIGNER = `0x${'11'.repeat(20)}` as const;

/** A client whose thread answers every call with null, and the methods it was asked for. */
function clientOfThread() {
  const asked: string[] = [];
  const listeners: ((message: unknown) => void)[] = [];
  const metrics = new MirroredRegistry(new FakeMetrics());
  makeP2pMetrics(metrics);
  const client = new P2pClient({
    port: {
      on: (_event, listener) => listeners.push(listener),
      postMessage: (message: { readonly id: number; readonly method: string }) => {
        asked.push(message.method);
        for (const hear of listeners) hear({ kind: 'answer', id: message.id, value: null });
      },
    },
    engine: { addUnsafePayload: async () => undefined },
    blocks: { envelopeByNumber: async () => null },
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
    await client.call('start', null);
    await early;
    expect(asked).toEqual(['setSigner', 'start', 'self']);
  });

  it('in vain once it has ended, whether it ever listened or not', async () => {
    const { client, asked } = clientOfThread();
    const early = client.call('peerStats', null);
    client.close();
    await expect(early).rejects.toMatchObject({ code: 'P2P_UNAVAILABLE' });
    await expect(client.call('setSigner', SIGNER)).rejects.toMatchObject({
      code: 'P2P_UNAVAILABLE',
    });
    expect(asked).toEqual([]);
  });
});
