import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { Wire } from '../../../../src/p2p/worker/wire.js';

interface Left {
  double(value: number): Promise<number>;
  fail(what: 'planned' | 'bug'): Promise<void>;
  hang(argument: null): Promise<void>;
  sizeOf(bytes: Uint8Array): Promise<number>;
}

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1, port2 } of channels.splice(0)) {
    port1.close();
    port2.close();
  }
});

function connect() {
  const channel = new MessageChannel();
  channels.push(channel);
  const left = new Wire<Left, object>(channel.port1);
  const right = new Wire<object, Left>(channel.port2);
  right.serve({});
  return { left, right };
}

const LEFT: Left = {
  double: async (value) => value * 2,
  fail: async (what) => {
    if (what === 'bug') throw new TypeError('a bug');
    throw new NodeError('P2P_UNREACHABLE', 'nobody there', { severity: 'temporary' });
  },
  hang: () => new Promise(() => undefined),
  sizeOf: async (bytes) => bytes.length,
};

describe('calls between threads', () => {
  it('are answered in any order, also those made before the other side listened', async () => {
    const { left, right } = connect();
    const early = right.call('double', 4);
    left.serve(LEFT);
    expect(await Promise.all([early, right.call('double', 5)])).toEqual([8, 10]);
  });

  it('fail with the error of the other side', async () => {
    const { left, right } = connect();
    left.serve(LEFT);
    await expect(right.call('fail', 'planned')).rejects.toMatchObject({
      code: 'P2P_UNREACHABLE',
      message: 'nobody there',
      severity: 'temporary',
    });
    await expect(right.call('fail', 'bug')).rejects.toMatchObject({ code: 'UNEXPECTED' });
  });

  it('give memory away where told to', async () => {
    const { left, right } = connect();
    left.serve(LEFT);
    const bytes = new Uint8Array(1000);
    expect(await right.call('sizeOf', bytes, [bytes.buffer])).toBe(1000);
    expect(bytes.length).toBe(0);
  });

  it('do not wait for a thread that has ended, nor pile up for one that does not answer', async () => {
    const { left, right } = connect();
    left.serve(LEFT);
    const waiting = Array.from({ length: 1024 }, () =>
      right.call('hang', null).catch((error: NodeError) => error.code),
    );
    await expect(right.call('double', 1)).rejects.toMatchObject({ code: 'P2P_UNAVAILABLE' });
    right.close('gone');
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['P2P_UNAVAILABLE']));
    await expect(right.call('double', 1)).rejects.toMatchObject({ code: 'P2P_UNAVAILABLE' });
  });
});
