import { fileURLToPath } from 'node:url';
import type { Hex } from 'viem';
import { describe, expect, it } from 'vitest';
import { OfflineDerivation } from '../../../conformance/offline/offlineDerivation.js';
import { loadOfflineWorld } from '../../../conformance/offline/offlineWorld.js';
import { RecordedL1 } from '../../../conformance/offline/recordedL1.js';
import { World } from '../../../conformance/world.js';
import { BatcherTransactions } from '../../../devnet/batcher/batcherTransactions.js';
import { blocksToWrite } from '../../../devnet/batcher/blocksToWrite.js';
import { reencodeL1 } from '../../../devnet/batcher/reencodeL1.js';

const WORLD = fileURLToPath(new URL('../../../conformance/worlds/lagoon', import.meta.url));
/** The well-known test mnemonic's second key, the batcher of the recorded worlds. */
const BATCHER_KEY: Hex = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';
const POST_EXEC = '0x7dc201c0';

/** Derives the world with a post-execution transaction at the end of one block, written twelve blocks a channel. */
async function deriveWith(kind: 'singular' | 'span', number: number) {
  const world = new World(WORLD);
  const offline = loadOfflineWorld(world);
  const { config } = offline;
  const blocks = (await blocksToWrite(offline)).map((block, index) => {
    if (index !== number - 1) return block;
    const transactions = [...block.input.transactions, Uint8Array.of(0x7d, 0xc2, 1, 0xc0)];
    return { ...block, input: { ...block.input, transactions } };
  });
  const transactions = new BatcherTransactions({
    config,
    privateKey: BATCHER_KEY,
    hashBlob: () => `0x01${'00'.repeat(31)}`,
  });
  // Of two shapes the second is the singular one; else the largest.
  const draw = (bound: number) => (bound === 2 && kind === 'span' ? 0 : bound - 1);
  const entries = await reencodeL1(world.l1, blocks, { config, transactions, draw });
  return new OfflineDerivation({ ...offline, l1: new RecordedL1(entries) }).run();
}

describe('a post-execution transaction in a batch', () => {
  it.each(['singular', 'span'] as const)('is derived from Lagoon on: %s', async (kind) => {
    const { equal, difference } = await deriveWith(kind, 30);
    expect(equal).toBe(29);
    expect(difference).toMatch(/^block 30: transactions is \[.*\], recorded /);
    expect(difference?.split(', recorded ')[0]).toContain(`,"${POST_EXEC}"]`);
  });

  it.each([
    ['singular', 14],
    ['span', 12],
  ] as const)('takes its %s batch with it before Lagoon: no block but %d', async (kind, blocks) => {
    const { equal, difference } = await deriveWith(kind, 15);
    expect(difference).toBeNull();
    expect(equal).toBe(blocks);
  });
});
