import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { BlockVersion } from '../../../../src/p2p/codec/blockVersion.js';
import { BLOCK_VERSIONS, blockVersionAt } from '../../../../src/p2p/codec/blockVersion.js';
import { decodeEnvelope, encodeEnvelope } from '../../../../src/p2p/codec/envelopeSsz.js';
import { FIXED_BYTES, readPayload } from '../../../../src/p2p/codec/payloadSsz.js';
import { writePayload, writtenVersion } from '../../../../src/p2p/codec/payloadWriter.js';
import { EMPTY_TRIE_ROOT } from '../../../../src/rollup/trieRoot.js';
import type { ExecutionPayload, Withdrawal } from '../../../../src/types/payload.js';
import { blockOf } from '../../../support/gossipRig.js';

const withdrawal = (index: bigint): Withdrawal => ({
  index,
  validatorIndex: 2n,
  address: `0x${'88'.repeat(20)}`,
  amount: (1n << 64n) - 1n,
});
const payloadOf = (version: BlockVersion, overrides: Partial<ExecutionPayload> = {}) =>
  blockOf(version, overrides).executionPayload;
const bytesOf = (version: BlockVersion, overrides: Partial<ExecutionPayload> = {}) =>
  Buffer.from(writePayload(payloadOf(version, overrides)));

describe('an encoded payload', () => {
  it.each(BLOCK_VERSIONS)('of version %d is read as it was written', (version) => {
    const envelope = blockOf(version, {
      baseFeePerGas: (1n << 255n) + (1n << 130n) + 5n,
      blockNumber: (1n << 64n) - 1n,
      extraData: `0x${'ab'.repeat(32)}`,
      transactions: ['0x', '0x01', `0x${'02'.repeat(1000)}`],
      ...(version >= 2 && { withdrawals: [withdrawal(0n), withdrawal(1n)] }),
      ...(version >= 3 && { blobGasUsed: 3n, excessBlobGas: 4n }),
    });
    expect(decodeEnvelope(version, encodeEnvelope(envelope))).toEqual(envelope);
  });

  it.each(BLOCK_VERSIONS)(
    'of version %d has its fixed part and no more, when all lists are empty',
    (version) => {
      const bytes = bytesOf(version, { transactions: [] });
      expect(bytes).toHaveLength(FIXED_BYTES[version]);
      expect(readPayload(version, bytes).transactions).toEqual([]);
      expect(() => readPayload(version, bytes.subarray(0, -1))).toThrow(
        'shorter than its fixed part',
      );
    },
  );

  it('is written in the version that it is of by what it holds', () => {
    expect(BLOCK_VERSIONS.map((version) => writtenVersion(payloadOf(version)))).toEqual([
      1, 2, 3, 4,
    ]);
    expect(writtenVersion(payloadOf(4, { withdrawalsRoot: EMPTY_TRIE_ROOT }))).toBe(3);
  });
});

describe('offsets of a payload', () => {
  const TX_AT = FIXED_BYTES[2];
  /** A payload of version 2 with two transactions of 2 and 1 bytes, one number of it changed. */
  const withNumber = (at: number, value: number) => {
    const bytes = bytesOf(2);
    bytes.writeUInt32LE(value >>> 0, at);
    return bytes;
  };
  const end = TX_AT + 8 + 3;

  it.each([
    ['extra data before its place', 436, TX_AT - 1, 'extra data has a wrong offset'],
    ['extra data behind its place', 436, TX_AT + 1, 'extra data has a wrong offset'],
    ['extra data of another version', 436, FIXED_BYTES[3], 'extra data has a wrong offset'],
    ['transactions before extra data', 504, TX_AT - 1, 'transactions have a wrong offset'],
    ['transactions behind the end', 504, 0xffff_ffff, 'transactions have a wrong offset'],
    ['withdrawals before transactions', 508, TX_AT - 1, 'withdrawals have a wrong offset'],
    ['withdrawals behind the end', 508, end + 1, 'withdrawals have a wrong offset'],
    ['withdrawals that end early', 508, end - 1, 'withdrawals end in the middle of one'],
    ['a first transaction at no offset', TX_AT, 7, 'the first transaction has a wrong offset'],
    ['a first transaction behind the end', TX_AT, 12, 'the first transaction has a wrong offset'],
    ['no transactions, but bytes', TX_AT, 0, 'the first transaction has a wrong offset'],
    ['a second transaction before the first', TX_AT + 4, 7, 'a transaction has a wrong offset'],
    ['a second transaction behind the end', TX_AT + 4, 12, 'a transaction has a wrong offset'],
  ])('%s', (_, at, value, problem) => {
    expect(readPayload(2, withNumber(TX_AT, 8)).transactions).toHaveLength(2);
    expect(() => readPayload(2, withNumber(at, value))).toThrow(problem);
  });

  it('may leave transactions empty, and the last one long', () => {
    expect(readPayload(2, withNumber(TX_AT + 4, 8)).transactions.map((tx) => tx.length)).toEqual([
      0, 3,
    ]);
  });

  it('may make extra data of 32 bytes and no more', () => {
    const read = (length: number) =>
      readPayload(1, bytesOf(1, { extraData: `0x${'ab'.repeat(length)}` })).fields.extraData;
    expect(read(32)).toHaveLength(66);
    expect(() => read(33)).toThrow('extra data is too long');
  });

  it('leave room for 16 withdrawals and no more', () => {
    const read = (count: number) =>
      readPayload(
        2,
        bytesOf(2, { withdrawals: Array.from({ length: count }, (_, i) => withdrawal(BigInt(i))) }),
      );
    expect(read(16).fields.withdrawals).toHaveLength(16);
    expect(() => read(17)).toThrow('too many withdrawals');
  });

  it('leave room for 2^20 transactions and no more', () => {
    const read = (count: number) => {
      const list = Buffer.alloc(count * 4);
      for (let index = 0; index < count; index++) list.writeUInt32LE(count * 4, index * 4);
      return readPayload(1, Buffer.concat([bytesOf(1, { transactions: [] }), list])).transactions
        .length;
    };
    expect(read(1 << 20)).toBe(1 << 20);
    expect(() => read((1 << 20) + 1)).toThrow('too many transactions');
  });

  it('of a list of less than an offset is refused', () => {
    const bytes = Buffer.concat([bytesOf(1, { transactions: [] }), Buffer.alloc(3)]);
    expect(() => readPayload(1, bytes)).toThrow('the first transaction has a wrong offset');
  });
});

describe('the version of a time', () => {
  const config = { forks: { canyon: 10n, ecotone: 20n, isthmus: 30n, jovian: 40n } };

  it.each([
    [0n, 1],
    [9n, 1],
    [10n, 2],
    [20n, 3],
    [30n, 4],
    [40n, 4],
  ])('%d: %d', (timestamp, version) => {
    expect(blockVersionAt(config, timestamp)).toBe(version);
  });
});
