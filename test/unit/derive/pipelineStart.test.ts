import { toRlp } from 'viem';
import { describe, expect, it } from 'vitest';
import { PipelineStartSearch } from '../../../src/derive/pipelineStart.js';
import { NodeError } from '../../../src/errors/nodeError.js';
import { encodeL1Info } from '../../../src/rollup/l1Info.js';
import type { RollupConfig, SystemConfig } from '../../../src/rollup/rollupConfig.js';
import type { Hash, L1BlockRef, L2BlockRef } from '../../../src/types/block.js';
import type { ExecutionPayload } from '../../../src/types/payload.js';
import { deriveConfig, forksBefore, l1Block, l2Block, NEVER } from '../../support/deriveFakes.js';

const DOWN = new NodeError('TRANSPORT_FAILED', 'down', { severity: 'temporary' });

/** The fakes' L1, and the heights of the blocks that were asked for. */
function l1Chain() {
  const asked: number[] = [];
  return {
    asked,
    isDown: false,
    async l1BlockRefByHash(hash: Hash): Promise<L1BlockRef | null> {
      const number = Number(BigInt(`0x${hash.slice(3)}`));
      asked.push(number);
      if (this.isDown) throw DOWN;
      return l1Block(number);
    },
  };
}

/** The fakes' L2 chain, and the heights that were asked for. */
function l2Chain(changes: { systemConfig?: SystemConfig | null; ref?: L2BlockRef | null } = {}) {
  const asked: number[] = [];
  const payloads: number[] = [];
  const configOf: Hash[] = [];
  const systemConfig =
    changes.systemConfig === undefined ? deriveConfig().genesis.systemConfig : changes.systemConfig;
  return {
    asked,
    payloads,
    configOf,
    /** Fails at this block. */
    failsAt: -1,
    async l2BlockRefByNumber(number: bigint): Promise<L2BlockRef | null> {
      asked.push(Number(number));
      if (this.failsAt === Number(number)) throw DOWN;
      return changes.ref === undefined ? l2Block(Number(number)) : changes.ref;
    },
    async payloadByNumber(number: bigint): Promise<ExecutionPayload | null> {
      payloads.push(Number(number));
      return payloadOf(l2Block(Number(number)));
    },
    async systemConfigByL2Hash(hash: Hash): Promise<SystemConfig | null> {
      configOf.push(hash);
      return systemConfig;
    },
  };
}

/** What is read of a block: its L1 info, in the format of the forks before Granite and of Granite. */
function payloadOf({ hash, timestamp, l1Origin }: L2BlockRef): ExecutionPayload {
  const info = { number: l1Origin.number, time: l1Block(l1Origin.number).timestamp };
  const data = encodeL1Info('ecotone', {
    ...{ ...info, baseFee: 7n, blockHash: l1Origin.hash, sequenceNumber: 0n },
    batcherAddr: `0x${'11'.repeat(20)}`,
    ...{ blobBaseFee: 1n, baseFeeScalar: 0, blobBaseFeeScalar: 0 },
  } as Parameters<typeof encodeL1Info>[1]);
  const fields = [hash, `0x${'de'.repeat(20)}`, `0x${'42'.repeat(20)}`, '0x', '0x', '0x01', '0x'];
  const deposit = `0x7e${toRlp([...fields, data] as `0x${string}`[]).slice(2)}` as const;
  return { blockHash: hash, timestamp, transactions: [deposit] } as unknown as ExecutionPayload;
}

/** A search over the fakes' chains. */
function search(config: RollupConfig, l2 = l2Chain()) {
  const l1 = l1Chain();
  const start = new PipelineStartSearch(config, { l1, l2 });
  return { l1, l2, start, find: (from: number) => start.find(l2Block(from), NEVER) };
}

describe('PipelineStartSearch', () => {
  const fourBlocks = deriveConfig({ forks: forksBefore('granite'), channelTimeout: 4n });

  it('goes back a channel timeout, one question an epoch, and one to L1', async () => {
    const { l1, l2, find } = search(fourBlocks);
    // Six blocks to an epoch: block 62 has L1 origin 20.
    expect((await find(62)).origin).toEqual(l1Block(16));
    expect(l2.asked).toEqual([59, 53, 47, 41]);
    expect(l2.payloads).toEqual([]);
    expect(l1.asked).toEqual([16]);
    expect(l2.configOf).toEqual([l2Block(41).hash]);
  });

  it('goes back 50 L1 blocks from Granite on, whatever the chain has configured', async () => {
    const config = deriveConfig({ channelTimeout: 4n, forks: forksBefore('holocene') });
    expect((await search(config).find(600)).origin).toEqual(l1Block(60));
  });

  it.each([
    // The origin of block 275 is 55, at time 1540; the block itself is later.
    ['is 55', 1540n, 55],
    ['is not yet 55, although the block is of Granite', 1550n, 44],
  ])(
    'asks a block for the time of its origin where the timeout of Granite depends on it: it %s',
    async (_, granite, start) => {
      const config = deriveConfig({
        channelTimeout: 61n,
        forks: { ...forksBefore('granite'), granite },
      });
      const { l1, l2, find } = search(config);
      expect((await find(570)).origin).toEqual(l1Block(start));
      expect(l2.payloads[0]).toBe(275);
      expect(l1.asked).toEqual([start]);
    },
  );

  it('stops at genesis', async () => {
    expect((await search(fourBlocks).find(8)).origin).toEqual(l1Block(10));
    expect((await search(fourBlocks).find(0)).origin).toEqual(l1Block(10));
  });

  it('goes on from where it was after a failure', async () => {
    const { l1, l2, find } = search(fourBlocks);
    l2.failsAt = 47;
    await expect(find(62)).rejects.toBe(DOWN);
    l2.failsAt = -1;
    l1.isDown = true;
    await expect(find(62)).rejects.toBe(DOWN);
    l1.isDown = false;
    expect((await find(62)).origin).toEqual(l1Block(16));
    expect(l2.asked).toEqual([59, 53, 47, 47, 41]);
    expect(l1.asked).toEqual([16, 16]);
  });

  it('begins again at another safe head, and after a reset', async () => {
    const { l2, start, find } = search(fourBlocks);
    await find(62);
    expect((await find(68)).origin).toEqual(l1Block(17));
    l2.asked.length = 0;
    start.reset();
    await find(68);
    expect(l2.asked).toEqual([65, 59, 53, 47]);
  });

  it.each([
    ['an unknown ancestor', l2Chain({ ref: null }), 'DERIVE_L2_UNAVAILABLE', 'reset'],
    [
      'an ancestor of the same epoch',
      l2Chain({ ref: l2Block(61) }),
      'DERIVE_L2_UNAVAILABLE',
      'reset',
    ],
    [
      'an unknown system config',
      l2Chain({ systemConfig: null }),
      'DERIVE_L2_UNAVAILABLE',
      'temporary',
    ],
  ] as const)('fails by severity with %s', async (_, l2, code, severity) => {
    await expect(search(fourBlocks, l2).find(62)).rejects.toMatchObject({ code, severity });
  });

  it('starts over where our chain has another block now than the one that was found', async () => {
    const config = deriveConfig({
      channelTimeout: 61n,
      forks: { ...forksBefore('granite'), granite: 1540n },
    });
    const l2 = l2Chain();
    l2.payloadByNumber = async () => payloadOf(l2Block(1));
    await expect(search(config, l2).find(570)).rejects.toMatchObject({
      code: 'DERIVE_L2_UNAVAILABLE',
      severity: 'reset',
    });
  });
});
