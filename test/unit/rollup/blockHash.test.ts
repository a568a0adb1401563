import { describe, expect, it } from 'vitest';
import { computePayloadBlockHash, withdrawalsTrieRoot } from '../../../src/rollup/blockHash.js';
import { computeHeaderHash, parseRpcHeader } from '../../../src/rollup/blockHeader.js';
import {
  checkPostMerge,
  rpcBlockToPayload,
  verifyRpcHeader,
  verifyRpcPayload,
} from '../../../src/rollup/rpcPayload.js';
import type { Json } from '../../support/recordedWorld.js';
import { readWorldL1, readWorldLines } from '../../support/recordedWorld.js';

const WORLDS = ['forks', 'adversarial'];
const l2Blocks = (world: string): readonly Json[] => readWorldLines(world, 'l2-unsafe.jsonl.gz');
const isthmusBlock = (): Json => l2Blocks('forks').at(-1) as Json;

describe('computePayloadBlockHash', () => {
  it.each(WORLDS)('gives every recorded L2 block of %s its own hash, in all forks', (world) => {
    const blocks = l2Blocks(world).filter((block) => block.number !== '0x0');
    expect(blocks.length).toBeGreaterThan(90);
    for (const block of blocks) {
      const envelope = rpcBlockToPayload(block);
      expect(computePayloadBlockHash(envelope), String(block.number)).toBe(block.hash);
      expect(envelope.executionPayload.blockHash).toBe(block.hash);
    }
  });

  it.each(WORLDS)(
    're-encodes the transactions that op-node sent to build the blocks of %s',
    (world) => {
      const byHash = new Map(l2Blocks(world).map((block) => [block.hash, block]));
      let compared = 0;
      for (const derived of readWorldLines(world, 'derived.jsonl.gz')) {
        const block = byHash.get(derived.hash);
        if (block === undefined) continue;
        const { transactions } = (derived.attributes ?? {}) as Json;
        expect(rpcBlockToPayload(block).executionPayload.transactions).toEqual(transactions);
        compared++;
      }
      expect(compared).toBeGreaterThan(10);
    },
  );

  it('changes with every field that the header commits to', () => {
    const envelope = rpcBlockToPayload(isthmusBlock());
    const payload = envelope.executionPayload;
    const other = `0x${'77'.repeat(32)}` as const;
    const changed = [
      { ...envelope, parentBeaconBlockRoot: other },
      ...[
        { stateRoot: other },
        { gasUsed: payload.gasUsed + 1n },
        { withdrawalsRoot: other },
        { transactions: payload.transactions.slice(1) },
        { extraData: '0x00' as const },
        { excessBlobGas: 1n },
        { baseFeePerGas: payload.baseFeePerGas + 1n },
      ].map((change) => ({ ...envelope, executionPayload: { ...payload, ...change } })),
    ];
    const hashes = new Set(changed.map(computePayloadBlockHash));
    expect(hashes.size).toBe(changed.length);
    expect(hashes).not.toContain(payload.blockHash);
  });

  it('takes the root of the withdrawals list before Isthmus', () => {
    const canyon = l2Blocks('forks').find((block) => block.requestsHash === undefined) as Json;
    const envelope = rpcBlockToPayload(canyon);
    expect(envelope.executionPayload).not.toHaveProperty('withdrawalsRoot');
    expect(envelope.executionPayload.withdrawals).toEqual([]);
    const { withdrawals: _, ...bare } = envelope.executionPayload;
    expect(computePayloadBlockHash({ ...envelope, executionPayload: bare })).not.toBe(canyon.hash);
  });
});

describe('withdrawalsTrieRoot', () => {
  it('hashes index, validator, address and amount of each', () => {
    const withdrawal = { index: 1n, validatorIndex: 2n, address: `0x${'03'.repeat(20)}` as const };
    const one = withdrawalsTrieRoot([{ ...withdrawal, amount: 4n }]);
    expect(one).not.toBe(withdrawalsTrieRoot([{ ...withdrawal, amount: 5n }]));
  });
});

describe('verifyRpcHeader', () => {
  it.each(WORLDS)('accepts every recorded L1 block of %s', (world) => {
    for (const { block } of readWorldL1(world))
      expect(verifyRpcHeader(block).hash).toBe(block.hash);
  });

  it('refuses a header that hashes to something else', () => {
    const block = { ...isthmusBlock(), timestamp: '0x1' };
    expect(() => verifyRpcHeader(block)).toThrowError(
      expect.objectContaining({ code: 'ROLLUP_BLOCK_HASH_MISMATCH', severity: 'temporary' }),
    );
  });

  it('encodes an absent optional field before a present one as empty', () => {
    const { withdrawalsRoot: _, ...header } = parseRpcHeader(isthmusBlock());
    expect(computeHeaderHash(header)).not.toBe(isthmusBlock().hash);
  });
});

describe('verifyRpcPayload', () => {
  it('refuses a block with a swapped transaction', () => {
    const block = isthmusBlock();
    const transactions = [...(block.transactions as readonly Json[])].reverse();
    const lying = { ...block, transactions: [...transactions, ...transactions] };
    expect(() => verifyRpcPayload(lying)).toThrowError(
      expect.objectContaining({ code: 'ROLLUP_BLOCK_HASH_MISMATCH' }),
    );
  });

  it('refuses withdrawals on an Isthmus block, which its hash does not cover', () => {
    const withdrawal = {
      index: '0x1',
      validatorIndex: '0x1',
      address: `0x${'00'.repeat(20)}`,
      amount: '0x1',
    };
    expect(() => verifyRpcPayload({ ...isthmusBlock(), withdrawals: [withdrawal] })).toThrowError(
      expect.objectContaining({ code: 'ROLLUP_JSON_INVALID' }),
    );
  });
});

describe('checkPostMerge', () => {
  const header = parseRpcHeader(isthmusBlock());
  it.each([
    ['a difficulty', { difficulty: 1n }],
    ['a nonce', { nonce: '0x0000000000000001' as const }],
    ['long extra data', { extraData: `0x${'00'.repeat(33)}` as const }],
    ['uncles', { unclesHash: `0x${'00'.repeat(32)}` as const }],
  ])('refuses %s', (_, change) => {
    expect(() => checkPostMerge(header)).not.toThrow();
    expect(() => checkPostMerge({ ...header, ...change })).toThrow('block header has');
  });

  it('refuses a header from before London', () => {
    const { baseFeePerGas: _, ...old } = header;
    expect(() => checkPostMerge(old)).toThrow('block header has no base fee');
  });
});
