import { beforeEach, describe, expect, it } from 'vitest';
import { recordedRpc } from '../../../../bench/rigs/recordedRpc.js';
import { OptimismApi } from '../../../../src/rpc/methods/optimismApi.js';
import type { RpcL2Port } from '../../../../src/rpc/ports.js';
import type { WatchCell } from '../../../../src/runtime/watch.js';
import { RpcError } from '../../../../src/transport/ports.js';
import { ZERO_L2_REF } from '../../../../src/types/block.js';
import type { SyncStatus } from '../../../../src/types/syncStatus.js';
import { recordedWorld } from '../../../support/rpcServer.js';

const world = recordedWorld('forks');
const signal = AbortSignal.timeout(60_000);

describe('OptimismApi', () => {
  let status: WatchCell<SyncStatus>;
  let l2: RpcL2Port;
  let lookups: bigint[];
  let epoch: number;
  /** Runs before each block look-up. */
  let onLookup: () => void;
  let api: OptimismApi;

  beforeEach(() => {
    const recorded = recordedRpc(world, 'follower');
    ({ status } = recorded);
    lookups = [];
    epoch = 0;
    onLookup = () => {};
    l2 = {
      l2BlockRefByNumber: (number, s) => {
        lookups.push(number);
        onLookup();
        return recorded.ports.l2.l2BlockRefByNumber(number, s);
      },
      outputFactsAt: (hash, s) => recorded.ports.l2.outputFactsAt(hash, s),
    };
    api = new OptimismApi({
      status,
      l2: {
        l2BlockRefByNumber: (n, s) => l2.l2BlockRefByNumber(n, s),
        outputFactsAt: (h, s) => l2.outputFactsAt(h, s),
      },
      safeDb: recorded.ports.safeDb,
      resetEpoch: () => epoch,
    });
  });

  const finalized = () => status.get().finalizedL2.number;

  it('writes the status again only when it is another object', () => {
    let reads = 0;
    const counted = { ...status.get() };
    const currentL1 = counted.currentL1;
    Object.defineProperty(counted, 'currentL1', {
      get: () => {
        reads += 1;
        return currentL1;
      },
    });
    status.set(counted);
    const first = api.statusJson();
    expect(api.statusJson()).toBe(first);
    expect(reads).toBe(1);
    status.set({ ...status.get(), unsafeL2: ZERO_L2_REF });
    expect(api.statusJson()).not.toBe(first);
  });

  it('keeps the output of a finalized block and joins it with the newest status', async () => {
    const number = finalized();
    expect(api.keptOutput(number)).toBeNull();
    const answer = await api.outputAtBlock(number, signal);
    expect(api.keptOutput(number)).toBe(answer);
    status.set({ ...status.get(), unsafeL2: ZERO_L2_REF });
    expect(api.keptOutput(number)).toBe(
      `${answer.slice(0, answer.indexOf('"syncStatus":') + 13)}${api.statusJson()}}`,
    );
    expect(lookups).toEqual([number]);
  });

  it('does not keep the output of a block above the finalized head', async () => {
    await api.outputAtBlock(finalized() + 1n, signal);
    expect(api.keptOutput(finalized() + 1n)).toBeNull();
  });

  it('does not keep an output when the engine was reset while it was looked up', async () => {
    onLookup = () => {
      epoch = 1;
    };
    await api.outputAtBlock(5n, signal);
    expect(api.keptOutput(5n)).toBeNull();
  });

  it('does not keep an output when its block stopped being finalized in the meantime', async () => {
    onLookup = () => status.set({ ...status.get(), finalizedL2: ZERO_L2_REF });
    await api.outputAtBlock(5n, signal);
    status.set(recordedRpc(world, 'follower').status.get());
    expect(api.keptOutput(5n)).toBeNull();
  });

  it('reads a block that may be replaced again when the status changed, and answers both of one moment', async () => {
    const moved = { ...status.get(), unsafeL2: ZERO_L2_REF };
    onLookup = () => status.set(moved);
    const answer = await api.outputAtBlock(finalized() + 1n, signal);
    expect(lookups).toHaveLength(2);
    expect(answer.endsWith(`"syncStatus":${api.statusJson()}}`)).toBe(true);
  });

  it('answers after three reads under a status that never stands still', async () => {
    onLookup = () => status.set({ ...status.get() });
    await api.outputAtBlock(finalized() + 1n, signal);
    expect(lookups).toHaveLength(3);
  });

  it.each([
    [
      async () => null,
      'failed to get L2 block ref with sync status: failed to determine L2BlockRef of height 7, could not get payload: not found',
    ],
    [
      async () => {
        throw new RpcError('eth_getBlockByNumber', -32000, 'no luck', undefined);
      },
      'failed to get L2 block ref with sync status: failed to determine L2BlockRef of height 7, could not get payload: no luck',
    ],
  ])("says in op-node's words why there is no block", async (l2BlockRefByNumber, text) => {
    l2 = { ...l2, l2BlockRefByNumber };
    await expect(api.outputAtBlock(7n, signal)).rejects.toMatchObject({
      code: -32000,
      message: text,
    });
  });

  it('names the block whose state it cannot get', async () => {
    l2 = { ...l2, outputFactsAt: async () => null };
    const { hash } = world.outputs[7]?.blockRef ?? { hash: '' };
    await expect(api.outputAtBlock(7n, signal)).rejects.toMatchObject({
      code: -32000,
      message: `failed to get L2 output at block ${hash}:7: failed to get L2 block by hash: not found`,
    });
  });

  it('lets a bug below through unwrapped', async () => {
    l2 = {
      ...l2,
      l2BlockRefByNumber: async () => {
        throw new TypeError('bug');
      },
    };
    await expect(api.outputAtBlock(7n, signal)).rejects.toBeInstanceOf(TypeError);
  });
});
