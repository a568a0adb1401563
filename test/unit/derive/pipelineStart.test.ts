import { describe, expect, it } from 'vitest';
import { findPipelineStart } from '../../../src/derive/pipelineStart.js';
import type { SystemConfig } from '../../../src/rollup/rollupConfig.js';
import type { Hash, L2BlockRef } from '../../../src/types/block.js';
import { deriveConfig, forksBefore, l1Block, l2Block, NEVER } from '../../support/deriveFakes.js';

const l1 = {
  l1BlockRefByHash: async (hash: Hash) => l1Block(Number(BigInt(`0x${hash.slice(3)}`))),
};

/** The fakes' L2 chain, and the heights that were asked for. */
function l2Chain(changes: { systemConfig?: SystemConfig | null; ref?: L2BlockRef | null } = {}) {
  const asked: number[] = [];
  const systemConfig =
    changes.systemConfig === undefined ? deriveConfig().genesis.systemConfig : changes.systemConfig;
  const configOf: Hash[] = [];
  return {
    asked,
    configOf,
    l2BlockRefByNumber: async (number: bigint) => {
      asked.push(Number(number));
      return changes.ref === undefined ? l2Block(Number(number)) : changes.ref;
    },
    systemConfigByL2Hash: async (hash: Hash) => {
      configOf.push(hash);
      return systemConfig;
    },
  };
}

describe('findPipelineStart', () => {
  const fourBlocks = deriveConfig({ forks: forksBefore('granite'), channelTimeout: 4n });

  it('goes back a channel timeout, one question an epoch', async () => {
    const l2 = l2Chain();
    // Six blocks to an epoch: block 62 has L1 origin 20.
    const start = await findPipelineStart(l2Block(62), fourBlocks, { l1, l2 }, NEVER);
    expect(start.origin).toEqual(l1Block(16));
    expect(l2.asked).toEqual([59, 53, 47, 41]);
    expect(l2.configOf).toEqual([l2Block(41).hash]);
  });

  it('goes back 50 L1 blocks from Granite on, whatever the chain has configured', async () => {
    const config = deriveConfig({ channelTimeout: 4n });
    const start = await findPipelineStart(l2Block(600), config, { l1, l2: l2Chain() }, NEVER);
    expect(start.origin).toEqual(l1Block(60));
  });

  it('stops at genesis', async () => {
    const l2 = l2Chain();
    const start = await findPipelineStart(l2Block(8), fourBlocks, { l1, l2 }, NEVER);
    expect(start.origin).toEqual(l1Block(10));
    expect((await findPipelineStart(l2Block(0), fourBlocks, { l1, l2 }, NEVER)).origin).toEqual(
      l1Block(10),
    );
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
    await expect(
      findPipelineStart(l2Block(62), fourBlocks, { l1, l2 }, NEVER),
    ).rejects.toMatchObject({ code, severity });
  });
});
