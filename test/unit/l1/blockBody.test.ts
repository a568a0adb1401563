import { describe, expect, it } from 'vitest';
import { decodeBlockBody } from '../../../src/l1/blockBody.js';
import { parseRpcHeader } from '../../../src/rollup/blockHeader.js';
import { whole } from '../../../src/rollup/slices.js';
import { EMPTY_TRIE_ROOT } from '../../../src/rollup/trieRoot.js';
import { readWorldL1 } from '../../support/recordedWorld.js';

const STORAGE_ROOT = `0x${'5a'.repeat(32)}` as const;
const recorded = readWorldL1('steady')[0]?.block;

/** An empty block whose withdrawals root is the root of an account's storage, as OP Stack chains have it from Isthmus. */
function decode(changes: object) {
  const block = {
    ...recorded,
    number: '0x0',
    miner: '0x4200000000000000000000000000000000000011',
    transactions: [],
    transactionsRoot: EMPTY_TRIE_ROOT,
    withdrawals: [],
    withdrawalsRoot: STORAGE_ROOT,
    ...changes,
  };
  return whole(decodeBlockBody(block, parseRpcHeader(block), { isTrusted: false, keepTo: null }));
}

describe('decodeBlockBody', () => {
  it('takes the genesis block of an OP Stack chain that has Isthmus from the start', () => {
    expect(decode({})).toEqual({ transactions: [], txHashes: [] });
  });

  it.each([
    ['of another height', { number: '0x1' }],
    ['of another fee recipient', { miner: `0x${'11'.repeat(20)}` }],
  ])('refuses that root in an empty block %s', (_, changes) => {
    expect(() => decode(changes)).toThrow('failed to verify withdrawals list');
  });
});
