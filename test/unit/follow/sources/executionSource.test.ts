import { beforeEach, describe, expect, it } from 'vitest';
import { ExecutionSource } from '../../../../src/follow/sources/executionSource.js';
import { decodeL2Ref } from '../../../../src/follow/sources/statusDecoder.js';
import { RpcError } from '../../../../src/transport/ports.js';
import type { L2BlockRef } from '../../../../src/types/block.js';
import { FakeExecutionNode } from '../../../support/fakeExecutionNode.js';
import { recordedConfig } from '../../../support/recordedConfig.js';
import type { Json } from '../../../support/recordedWorld.js';
import { readWorldLines } from '../../../support/recordedWorld.js';

const SIGNAL = new AbortController().signal;
const OUTPUTS = readWorldLines('forks', 'outputs.jsonl.gz');

/** What op-node said of that block. */
function recorded(number: number): L2BlockRef {
  return decodeL2Ref((OUTPUTS[number] as Json).blockRef, 'blockRef');
}

describe('ExecutionSource', () => {
  let node: FakeExecutionNode;
  let source: ExecutionSource;
  beforeEach(() => {
    node = new FakeExecutionNode('forks');
    Object.assign(node.tags, { latest: 129, safe: 120, finalized: 60 });
    const options = { rpcTimeoutMs: 1_000, config: recordedConfig('forks') };
    source = new ExecutionSource(options, { rpc: node.rpc });
  });

  it('reads all labels in one batch, origins from the L1 info transactions as op-node has them', async () => {
    await expect(source.getFollowStatus(SIGNAL)).resolves.toEqual({
      currentL1: null,
      headL1: null,
      localSafe: recorded(120),
      safe: recorded(120),
      finalized: recorded(60),
      unsafe: recorded(129),
    });
    expect(node.rpc.batches[0]).toBe(3);
    expect(node.rpc.calls.slice(0, 3).map((call) => call.params[0])).toEqual([
      'finalized',
      'safe',
      'latest',
    ]);
  });

  it('decodes every block of the recorded chain as op-node did, through all forks', async () => {
    for (let number = 0; number <= 129; number += 1) {
      const ref = await source.blockRefByNumber(BigInt(number), SIGNAL);
      expect(ref).toEqual(recorded(number));
    }
  });

  it('asks for a transaction only once while the labels stand', async () => {
    await source.getFollowStatus(SIGNAL);
    await source.getFollowStatus(SIGNAL);
    expect(node.rpc.count('eth_getTransactionByBlockHashAndIndex')).toBe(3);
    node.tags.safe = 121;
    await source.getFollowStatus(SIGNAL);
    expect(node.rpc.count('eth_getTransactionByBlockHashAndIndex')).toBe(4);
  });

  it('takes the origin of genesis from the rollup config', async () => {
    Object.assign(node.tags, { latest: 0, safe: 0, finalized: 0 });
    const status = await source.getFollowStatus(SIGNAL);
    expect(status.safe).toEqual(recorded(0));
    expect(node.rpc.count('eth_getTransactionByBlockHashAndIndex')).toBe(0);
  });

  it.each(['latest', 'safe', 'finalized'] as const)(
    'calls a missing %s label temporary',
    async (tag) => {
      delete node.tags[tag];
      await expect(source.getFollowStatus(SIGNAL)).rejects.toMatchObject({
        ...{ code: 'FOLLOW_TAG_MISSING', severity: 'temporary', fields: { tag } },
      });
    },
  );

  it('calls a label that is answered with null missing too', async () => {
    node.tags.safe = 500;
    await expect(source.getFollowStatus(SIGNAL)).rejects.toMatchObject({
      code: 'FOLLOW_TAG_MISSING',
    });
  });

  it('passes other errors on as they are', async () => {
    node.fault = new RpcError('eth_getBlockByNumber', -32005, 'limit exceeded', undefined);
    await expect(source.getFollowStatus(SIGNAL)).rejects.toBe(node.fault);
  });

  it('refuses a header that does not hash to what it claims', async () => {
    node.replace(120, { ...node.block(120), timestamp: '0x1' } as never);
    await expect(source.getFollowStatus(SIGNAL)).rejects.toMatchObject({
      code: 'ROLLUP_BLOCK_HASH_MISMATCH',
    });
  });

  it('refuses a first transaction that is no L1 info', async () => {
    node.replace(120, { ...node.block(120), transactions: node.block(120).transactions.slice(1) });
    await expect(source.getFollowStatus(SIGNAL)).rejects.toMatchObject({
      code: 'ROLLUP_L1_INFO_INVALID',
    });
  });

  it('does not take another height than the one it asked for', async () => {
    node.replace(7, node.block(8));
    await expect(source.blockRefByNumber(7n, SIGNAL)).rejects.toThrow('another height');
    await expect(source.blockRefByNumber(999n, SIGNAL)).resolves.toBeNull();
  });
});
