import { describe, expect, it } from 'vitest';
import { type SignerL1, signerReader } from '../../../src/p2p/signerReader.js';
import type { L1BlockRef } from '../../../src/types/block.js';

const SIGNAL = new AbortController().signal;
const SYSTEM_CONFIG = `0x${'5c'.repeat(20)}` as const;

function blockAt(number: bigint): L1BlockRef {
  const hash = `0x${number.toString(16).padStart(64, '0')}` as const;
  return { hash, number, parentHash: hash, timestamp: 1_000n + number };
}

/** L1 whose block N says that signer N may sign, after what is no part of the address. */
function setup(headNumber: bigint, confDepth: bigint, overrides: Partial<SignerL1> = {}) {
  const read = signerReader(
    { systemConfig: SYSTEM_CONFIG, confDepth },
    {
      head: () => blockAt(headNumber),
      l1BlockRefByNumber: async (number) => blockAt(number),
      storageAt: async ({ address, slot }, block) => {
        expect(address).toBe(SYSTEM_CONFIG);
        expect(slot).toMatch(/^0x65a7/);
        return (0xffn << 160n) | BigInt(block);
      },
      ...overrides,
    },
  );
  return () => read(SIGNAL);
}

const signer = (number: number): string => `0x${number.toString(16).padStart(40, '0')}`;

describe('who may sign blocks', () => {
  it.each([
    [100n, 0n, 100],
    [100n, 10n, 90],
    [10n, 10n, 0],
    [9n, 10n, 9],
  ])('is read at L1 head %d, with %d confirmations, of block %d', async (head, depth, block) => {
    expect(await setup(head, depth)()).toBe(signer(block));
  });

  it('is not known while L1 has no head, not that block, or lost it', async () => {
    const unknown = { ...blockAt(0n), timestamp: 0n };
    expect(await setup(0n, 0n, { head: () => unknown })()).toBeNull();
    expect(await setup(100n, 10n, { l1BlockRefByNumber: async () => null })()).toBeNull();
    expect(await setup(100n, 10n, { storageAt: async () => null })()).toBeNull();
  });
});
