import { describe, expect, it } from 'vitest';
import { SafeBlocks } from '../../../../src/derive/stages/safeBlocks.js';
import { deriveConfig, l2Block, NEVER } from '../../../support/deriveFakes.js';
import { l2Payload, legacyTx } from '../../../support/deriveL2.js';

/** 16 MiB, as hex twice that: a third one does not fit. */
const BIG = new Uint8Array(16 * 1024 * 1024 - 1024);

describe('SafeBlocks', () => {
  it('says what a batch has to have in common with a block', async () => {
    const tx = legacyTx();
    const l2 = { payloadByNumber: async (n: bigint) => l2Payload(l2Block(Number(n)), [tx]) };
    expect(await new SafeBlocks(deriveConfig(), l2).get(l2Block(7), NEVER)).toEqual({
      parentHash: l2Block(6).hash,
      epochNumber: 11n,
      transactions: [`0x${Buffer.from(tx).toString('hex')}`],
    });
  });

  it('keeps the newest that it read, up to a limit', async () => {
    const read: bigint[] = [];
    const big = l2Payload(l2Block(9), [BIG]);
    const blocks = new SafeBlocks(deriveConfig(), {
      payloadByNumber: async (number) => {
        read.push(number);
        const { blockHash, blockNumber } = l2Payload(l2Block(Number(number)));
        return { ...big, blockHash, blockNumber };
      },
    });
    for (const number of [5, 4, 5, 3, 4, 5]) await blocks.get(l2Block(number), NEVER);
    expect(read).toEqual([5n, 4n, 3n, 5n]);
  });
});
