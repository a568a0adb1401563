import { describe, expect, it } from 'vitest';
import { decodeBlockBody } from '../../../src/l1/blockBody.js';
import { decodeRpcReceipts } from '../../../src/l1/receiptCodec.js';
import { parseRpcHeader } from '../../../src/rollup/blockHeader.js';
import { orderedTrieRoot, slicedTrieRoot } from '../../../src/rollup/trieRoot.js';
import type { RecordedL1Block } from '../../support/recordedWorld.js';
import { readWorldL1 } from '../../support/recordedWorld.js';
import { slicesOf } from '../../support/sliced.js';

const entry = readWorldL1('forks').find(({ receipts }) => receipts.length > 0) as RecordedL1Block;

/** `count` transactions as one recorded has them. */
const many = <T>(one: T | undefined, count: number): readonly T[] =>
  Array.from({ length: count }, () => one as T);

describe('no full L1 block is checked without a turn of others', () => {
  it('its transactions', () => {
    const transactions = many(entry.block.transactions[0], 1_400);
    const block = { ...entry.block, transactions };
    const options = { isTrusted: false, keepTo: null };
    const decoding = decodeBlockBody(block, parseRpcHeader(block), options);
    let slices = 0;
    // The root is another block's: they have been encoded and the trie folded when that shows.
    expect(() => {
      while (decoding.next().done !== true) slices += 1;
    }).toThrow('failed to verify transactions list');
    expect(slices).toBeGreaterThan(1_400 / 32 + 10);
  });

  it('its receipts', () => {
    const context = { block: { hash: entry.block.hash, number: 0n }, txHashes: [] };
    const receipts = many(entry.receipts[0], 1_400).map((receipt, index) => ({
      ...receipt,
      ...{ transactionIndex: `0x${index.toString(16)}`, logs: [] },
      ...{ gasUsed: '0x0', cumulativeGasUsed: '0x0' },
    }));
    const all = {
      ...context,
      block: { ...context.block, number: BigInt(String(entry.block.number)) },
    };
    const txHashes = many(entry.block.hash, 1_400);
    expect(slicesOf(decodeRpcReceipts(receipts, { ...all, txHashes }))).toBeGreaterThan(1_400 / 33);
  });

  it('its roots, which are the same as those made at once', () => {
    const values = Array.from({ length: 1_000 }, (_, i) => new Uint8Array(200).fill(i));
    const folding = slicedTrieRoot(values);
    let slices = 0;
    let step = folding.next();
    for (; step.done !== true; step = folding.next()) slices += 1;
    expect(step.value).toBe(orderedTrieRoot(values));
    // A value of 200 bytes, and what each node costs besides: a slice is about 128 KiB of them.
    expect(slices).toBeGreaterThan((1_000 * 700) / (128 * 1024));
  });
});
