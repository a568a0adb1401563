import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutputJson, SyncStatusJson } from '../../../conformance/recorded.js';
import { SourceServer } from '../../../conformance/sourceServer.js';
import { recordedWorld } from '../../../devnet/followRig.js';
import { rpc } from '../../../devnet/rpcClient.js';

const world = recordedWorld('forks');
const LIE = `0x${'ab'.repeat(32)}`;

describe('the recorded source', () => {
  let source: SourceServer;
  beforeEach(async () => {
    source = await SourceServer.start({ world });
  });
  afterEach(() => source.close());

  const status = () => rpc<SyncStatusJson>(source.url, 'optimism_syncStatus');
  const control = (command: unknown) =>
    fetch(`${source.url}/control`, { method: 'POST', body: JSON.stringify(command) });

  it('tells the recording, lies over it, and tells the recording again', async () => {
    expect(await status()).toEqual(world.status);
    await control({ status: { safe_l2: { hash: LIE } } });
    expect(await status()).toEqual({
      ...world.status,
      safe_l2: { ...world.status.safe_l2, hash: LIE },
    });
    expect(source.isLying).toBe(true);
    await control({ reset: true });
    expect(await status()).toEqual(world.status);
    expect(source.isLying).toBe(false);
    expect(source.polls).toBe(3);
  });

  it('tells the same lie about a head by its output', async () => {
    const number = `0x${world.status.safe_l2.number.toString(16)}`;
    const output = () => rpc<OutputJson>(source.url, 'optimism_outputAtBlock', [number]);
    expect((await output()).blockRef).toEqual(world.status.safe_l2);
    source.lie({ safe_l2: { hash: LIE } });
    expect((await output()).blockRef.hash).toBe(LIE);
  });

  it('goes to any L1 height', async () => {
    await control({ l1: 44 });
    expect((await status()).current_l1.number).toBe(44);
  });

  it.each([
    ['garbage', 'not valid JSON'],
    ['truncated', 'JSON'],
    ['close', 'fetch failed'],
    ['rpcError', 'injected fault'],
  ] as const)('goes wrong by %s until cleared', async (kind, message) => {
    source.faults.arm({ kind, count: 0 });
    await expect(status()).rejects.toThrow(message);
    await expect(status()).rejects.toThrow(message);
    source.faults.arm(null);
    expect(await status()).toEqual(world.status);
  });

  it('goes wrong only for the method that a fault names', async () => {
    source.faults.arm({ kind: 'http500', count: 0, only: 'optimism_outputAtBlock' });
    expect(await status()).toEqual(world.status);
    await expect(rpc(source.url, 'optimism_outputAtBlock', ['0x1'])).rejects.toThrow();
  });
});
