import { describe, expect, it } from 'vitest';
import { withConfDepth } from '../../../../src/derive/actors/confDepth.js';
import type { DeriveL1Source } from '../../../../src/derive/ports.js';
import { ZERO_L1_REF } from '../../../../src/types/block.js';
import { l1Block, NEVER } from '../../../support/deriveFakes.js';

const chain: DeriveL1Source = {
  l1BlockRefByNumber: async (number) => l1Block(number),
  l1BlockRefByHash: async () => l1Block(99),
  l1InfoByHash: async () => null,
  l1ReceiptsByHash: async () => [],
  l1TransactionsByHash: async () => [],
};

describe('L1 with a confirmation depth', () => {
  it.each([
    ['with enough blocks on top is there', 4n, 96n, true],
    ['with one too few is not', 4n, 97n, false],
    ['at the head is there without a depth', 0n, 100n, true],
    ['of genesis is always there', 200n, 0n, true],
  ])('a block %s', async (_, depth, number, isThere) => {
    const l1 = withConfDepth(depth, chain, () => l1Block(100));
    const found = await l1.l1BlockRefByNumber(number, NEVER);
    expect(found?.number).toBe(isThere ? number : undefined);
  });

  it.each([
    [4n, 0n, true],
    [4n, 1n, false],
    [0n, 99n, true],
  ])(
    'with depth %d, while the head is not known, block %d is there: %s',
    async (depth, number, isThere) => {
      const l1 = withConfDepth(depth, chain, () => ZERO_L1_REF);
      expect((await l1.l1BlockRefByNumber(number, NEVER)) !== null).toBe(isThere);
    },
  );

  it('hides nothing by hash', async () => {
    const l1 = withConfDepth(4n, chain, () => l1Block(100));
    expect(await l1.l1BlockRefByHash(l1Block(99).hash, NEVER)).toEqual(l1Block(99));
    expect(await l1.l1InfoByHash(l1Block(99).hash, NEVER)).toBeNull();
    expect(await l1.l1ReceiptsByHash(l1Block(99).hash, NEVER)).toEqual([]);
    expect(await l1.l1TransactionsByHash(l1Block(99).hash, NEVER)).toEqual([]);
  });
});
