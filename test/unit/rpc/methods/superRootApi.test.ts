import { beforeEach, describe, expect, it } from 'vitest';
import { recordedRpc } from '../../../../bench/rigs/recordedRpc.js';
import { SuperRootApi } from '../../../../src/rpc/methods/superRootApi.js';
import type { RpcL2Port, RpcSafeDbPort } from '../../../../src/rpc/ports.js';
import type { WatchCell } from '../../../../src/runtime/watch.js';
import { DisabledSafeDb } from '../../../../src/stores/disabledSafeDb.js';
import { RpcError } from '../../../../src/transport/ports.js';
import type { L1AtSafeHead } from '../../../../src/types/safeHeadAtL1.js';
import type { SyncStatus } from '../../../../src/types/syncStatus.js';
import { recordedWorld } from '../../../support/rpcServer.js';

const world = recordedWorld('forks');
const signal = AbortSignal.timeout(60_000);

describe('SuperRootApi', () => {
  const recorded = recordedRpc(world, 'verifier');
  const { chain } = recorded.options;
  const { genesis, blockTime, l2ChainId } = chain;
  const timeOf = (number: number) => genesis.l2Time + BigInt(number) * blockTime;
  const hashOf = (number: number) => world.outputs[number]?.blockRef.hash ?? '';
  let status: WatchCell<SyncStatus>;
  let l2: RpcL2Port;
  let safeDb: RpcSafeDbPort;

  beforeEach(() => {
    const { ports, status: fresh } = recordedRpc(world, 'verifier');
    status = fresh;
    ({ l2, safeDb } = ports);
  });

  const at = (timestamp: bigint) =>
    new SuperRootApi({ chain, status, l2, safeDb }).atTimestamp(timestamp, signal);
  const answer = async (timestamp: bigint) => JSON.parse(await at(timestamp));
  const fails = (timestamp: bigint, message: string) =>
    expect(at(timestamp)).rejects.toMatchObject({ code: -32000, message });

  const ends = () => {
    const { currentL1, safeL2, localSafeL2, finalizedL2 } = status.get();
    return {
      current_l1: { hash: currentL1.hash, number: Number(currentL1.number) },
      safe_timestamp: Number(safeL2.timestamp),
      local_safe_timestamp: Number(localSafeL2.timestamp),
      finalized_timestamp: Number(finalizedL2.timestamp),
      chain_ids: [String(l2ChainId)],
    };
  };

  it("answers with a safe block's output, and the L1 block with which it became safe", async () => {
    const number = 40;
    const found = await safeDb.l1AtSafeHead(BigInt(number));
    const { l1Block } = found as Exclude<L1AtSafeHead, string>;
    const required = { hash: l1Block.hash, number: Number(l1Block.number) };
    const { outputRoot, stateRoot, withdrawalStorageRoot } = world.outputs[number] ?? {};
    const output = {
      stateRoot,
      messagePasserStorageRoot: withdrawalStorageRoot,
      blockHash: hashOf(number),
    };
    // Between two blocks it is the older one that counts; the super root is of the time that was asked for.
    for (const timestamp of [timeOf(number), timeOf(number) + blockTime - 1n]) {
      const superJson = {
        timestamp: `0x${timestamp.toString(16)}`,
        chains: [{ ChainID: String(l2ChainId), Output: outputRoot }],
      };
      expect(await answer(timestamp)).toEqual({
        ...ends(),
        optimistic_at_timestamp: {
          [String(l2ChainId)]: { output, output_root: outputRoot, required_l1: required },
        },
        data: {
          verified_required_l1: required,
          super: superJson,
          super_root: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        },
      });
    }
  });

  it('takes genesis for safe with L1 block 0, whatever is recorded', async () => {
    safeDb = new DisabledSafeDb();
    const { data } = await answer(genesis.l2Time);
    expect(data.verified_required_l1).toEqual({ hash: `0x${'0'.repeat(64)}`, number: 0 });
  });

  it('leaves the chain out above the local safe head, and where there is no block', async () => {
    const localSafe = Number(status.get().localSafeL2.number);
    for (const number of [localSafe + 1, 1_000_000]) {
      expect(await answer(timeOf(number))).toEqual({ ...ends(), optimistic_at_timestamp: {} });
    }
  });

  it('takes block and status of one moment', async () => {
    const before = status.get();
    const inner = l2;
    let reads = 0;
    l2 = {
      ...inner,
      l2BlockRefByNumber: async (number, s) => {
        reads += 1;
        if (reads === 1) status.set({ ...before, localSafeL2: before.finalizedL2 });
        return inner.l2BlockRefByNumber(number, s);
      },
    };
    const number = Number(before.localSafeL2.number);
    expect(await answer(timeOf(number))).toEqual({ ...ends(), optimistic_at_timestamp: {} });
    expect(reads).toBe(2);
  });

  it("fails in op-node's words where the answer would mislead", async () => {
    const number = 40;
    const ref = `${hashOf(number)}:${number}`;
    const early = genesis.l2Time - 1n;
    await fails(
      early,
      `target block number for timestamp ${early}: did not reach genesis time (${genesis.l2Time}) yet`,
    );
    for (const [found, text] of [
      ['ahead', 'l1 at safe head not found'],
      ['unknown', 'l1 at safe head history unavailable'],
    ] as const) {
      safeDb = { ...safeDb, l1AtSafeHead: async () => found };
      await fails(timeOf(number), `l1AtSafeHead@${ref}: ${text}`);
    }
    safeDb = new DisabledSafeDb();
    await fails(timeOf(number), `l1AtSafeHead@${ref}: safe head database not enabled`);
    l2 = { ...l2, outputFactsAt: async () => null };
    await fails(
      timeOf(number),
      `outputV0AtBlock@${ref}: failed to get L2 block by hash: not found`,
    );
    l2 = {
      ...l2,
      l2BlockRefByNumber: async () => {
        throw new RpcError('eth_getBlockByNumber', -32000, 'no luck', undefined);
      },
    };
    await fails(
      timeOf(number),
      `blockRefWithStatus@${number}: failed to determine L2BlockRef of height ${number}, could not get payload: no luck`,
    );
  });
});
