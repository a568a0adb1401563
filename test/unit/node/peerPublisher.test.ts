import { describe, expect, it } from 'vitest';
import { PeerPublisher } from '../../../src/node/peerPublisher.js';
import type { ExecutionPayloadEnvelope } from '../../../src/types/payload.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { blockOf } from '../../support/gossipRig.js';
import { until } from '../../support/until.js';

function rig(refused: readonly bigint[] = []) {
  const published: bigint[] = [];
  const gate = { open: (): void => undefined, shut: (_error: Error): void => undefined };
  const ready = new Promise<void>((resolve, reject) => {
    gate.open = resolve;
    gate.shut = reject;
  });
  const seen = { errors: 0, asked: 0 };
  const publisher = new PeerPublisher({
    publish: async ({ executionPayload: { blockNumber } }: ExecutionPayloadEnvelope) => {
      if (refused.includes(blockNumber)) throw new Error('no peers');
      published.push(blockNumber);
    },
    ready: () => {
      seen.asked += 1;
      return ready;
    },
    recorder: { publishingError: () => (seen.errors += 1) },
    log: new FakeLogger(),
  });
  const publish = (...numbers: readonly bigint[]): void => {
    for (const blockNumber of numbers) publisher.publish(blockOf(4, { blockNumber }));
  };
  return { gate, published, seen, publish };
}

describe('our own blocks', () => {
  it('wait until peers would take them, and then go out in their order', async () => {
    const { gate, published, seen, publish } = rig();
    publish(1n, 2n);
    await Promise.resolve();
    expect(published).toEqual([]);
    gate.open();
    await until(() => published.length === 2);
    publish(3n);
    await until(() => published.length === 3);
    expect(published).toEqual([1n, 2n, 3n]);
    expect(seen).toEqual({ errors: 0, asked: 1 });
  });

  it('are tried when that wait is over in vain', async () => {
    const { gate, published, publish } = rig();
    gate.shut(new Error('the node stops'));
    publish(1n);
    await until(() => published.length === 1);
  });

  it('are not stopped by one that could not be published', async () => {
    const { gate, published, seen, publish } = rig([1n]);
    gate.open();
    publish(1n, 2n);
    await until(() => published.length === 1);
    expect(published).toEqual([2n]);
    expect(seen.errors).toBe(1);
  });
});
