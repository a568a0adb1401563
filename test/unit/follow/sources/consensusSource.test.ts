import { describe, expect, it } from 'vitest';
import { ConsensusSource } from '../../../../src/follow/sources/consensusSource.js';
import type { RpcCallOptions, RpcClient } from '../../../../src/transport/ports.js';
import { RpcError } from '../../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import { FakeRpcClient } from '../../../support/fakeRpcClient.js';
import { l2RefJson, statusJson } from '../../../support/followStatusJson.js';
import { at, refsOn, statusOf } from '../../../support/followWorld.js';
import { GENESIS_REF } from '../../../support/l2Chain.js';

const SIGNAL = new AbortController().signal;
const CHAIN = refsOn(GENESIS_REF, 9);
const STATUS = statusOf(CHAIN, { safe: 5, finalized: 2 });

function client(handlers: Record<string, (params: readonly unknown[]) => unknown>): {
  client: ConsensusSource;
  rpc: FakeRpcClient;
  fallbacks: bigint[];
} {
  const rpc = new FakeRpcClient(handlers);
  const fallbacks: bigint[] = [];
  const fallback = {
    blockRefByNumber: async (number: bigint): Promise<L2BlockRef | null> => {
      fallbacks.push(number);
      return at(CHAIN, Number(number));
    },
  };
  return { client: new ConsensusSource({ rpcTimeoutMs: 700 }, { rpc, fallback }), rpc, fallbacks };
}

describe('ConsensusSource', () => {
  it('reads the sync status', async () => {
    const { client: follow } = client({ optimism_syncStatus: () => statusJson(STATUS) });
    await expect(follow.getFollowStatus(SIGNAL)).resolves.toEqual(STATUS);
  });

  it('bounds every request in time and size, and passes the signal', async () => {
    const seen: (RpcCallOptions | undefined)[] = [];
    const rpc = {
      request: async (method: string, _params: unknown, options?: RpcCallOptions) => {
        seen.push(options);
        return method === 'optimism_syncStatus'
          ? statusJson(STATUS)
          : { blockRef: l2RefJson(at(CHAIN, 4)) };
      },
    } as unknown as RpcClient;
    const fallback = { blockRefByNumber: async () => null };
    const follow = new ConsensusSource({ rpcTimeoutMs: 700 }, { rpc, fallback });
    await follow.getFollowStatus(SIGNAL);
    await follow.blockRefByNumber(4n, SIGNAL);
    for (const options of seen) {
      expect(options).toMatchObject({ signal: SIGNAL, timeoutMs: 700, maxBytes: 65_536 });
    }
    expect(seen).toHaveLength(2);
  });

  it('asks for a block by its output root', async () => {
    const { client: follow, rpc } = client({
      optimism_outputAtBlock: () => ({ blockRef: l2RefJson(at(CHAIN, 4)) }),
    });
    await expect(follow.blockRefByNumber(4n, SIGNAL)).resolves.toEqual(at(CHAIN, 4));
    expect(rpc.calls[0]?.params).toEqual(['0x4']);
    await expect(follow.blockRefByNumber(5n, SIGNAL)).rejects.toThrow('another height');
  });

  it('takes an error object for a block that the source does not have', async () => {
    const { client: follow, fallbacks } = client({
      optimism_outputAtBlock: () => {
        throw new RpcError('optimism_outputAtBlock', -32000, 'not found', undefined);
      },
    });
    await expect(follow.blockRefByNumber(4n, SIGNAL)).resolves.toBeNull();
    expect(fallbacks).toEqual([]);
  });

  it('asks by eth_getBlockByNumber where output roots are not offered, and remembers that', async () => {
    const { client: follow, rpc, fallbacks } = client({});
    await expect(follow.blockRefByNumber(4n, SIGNAL)).resolves.toEqual(at(CHAIN, 4));
    await follow.blockRefByNumber(5n, SIGNAL);
    expect(fallbacks).toEqual([4n, 5n]);
    expect(rpc.count('optimism_outputAtBlock')).toBe(1);
  });

  it.each([null, {}, { blockRef: {} }])('refuses %j for an output', async (output) => {
    const { client: follow } = client({ optimism_outputAtBlock: () => output });
    await expect(follow.blockRefByNumber(4n, SIGNAL)).rejects.toMatchObject({
      code: 'FOLLOW_STATUS_MALFORMED',
    });
  });
});
