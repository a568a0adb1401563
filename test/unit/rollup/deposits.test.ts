import fc from 'fast-check';
import { fromRlp, keccak256, stringToBytes } from 'viem';
import { describe, expect, it } from 'vitest';
import { bigintToFixedBytes, bytesToHex } from '../../../src/rollup/bytes.js';
import {
  decodeDepositLog,
  TRANSACTION_DEPOSITED_TOPIC,
  userDeposits,
} from '../../../src/rollup/deposits.js';
import type { Hash } from '../../../src/types/block.js';
import { ZERO_HASH } from '../../../src/types/block.js';
import type { L1Log } from '../../../src/types/l1Block.js';

const CONTRACT: Hash = `0x${'dd'.repeat(20)}`;
const padded = (address: string): Hash => `0x${address.padStart(64, '0')}`;

interface Opaque {
  mint?: bigint;
  value?: bigint;
  gas?: bigint;
  isCreation?: boolean;
  data?: Uint8Array;
}
function opaqueData({
  mint = 0n,
  value = 0n,
  gas = 21_000n,
  isCreation = false,
  data = new Uint8Array(0),
}: Opaque) {
  return Uint8Array.of(
    ...bigintToFixedBytes(mint, 32),
    ...bigintToFixedBytes(value, 32),
    ...bigintToFixedBytes(gas, 8),
    isCreation ? 1 : 0,
    ...data,
  );
}
/** ABI encoding of one `bytes`. */
function abi(content: Uint8Array, { offset = 32n, length = BigInt(content.length) } = {}): Hash {
  const rest = new Uint8Array(Math.ceil(content.length / 32) * 32);
  rest.set(content);
  return bytesToHex(
    Uint8Array.of(...bigintToFixedBytes(offset, 32), ...bigintToFixedBytes(length, 32), ...rest),
  );
}
const logOf = (opaque: Opaque = {}, changes: Partial<L1Log> = {}): L1Log => ({
  address: CONTRACT,
  topics: [
    TRANSACTION_DEPOSITED_TOPIC,
    padded('a1'.repeat(20)),
    padded('b2'.repeat(20)),
    ZERO_HASH,
  ],
  data: abi(opaqueData(opaque)),
  blockHash: `0x${'cc'.repeat(32)}`,
  logIndex: 5n,
  ...changes,
});
const fieldsOf = (encoded: Uint8Array | null) => {
  if (encoded === null) return null;
  expect(encoded[0]).toBe(0x7e);
  return fromRlp(bytesToHex(encoded.subarray(1)), 'hex') as unknown as readonly string[];
};
const quantity = (value: bigint) =>
  value === 0n ? '0x' : bytesToHex(bigintToFixedBytes(value, 40)).replace(/^0x(00)*/, '0x');

describe('decodeDepositLog', () => {
  it('knows the event', () => {
    const abiOf = 'TransactionDeposited(address,address,uint256,bytes)';
    expect(keccak256(stringToBytes(abiOf))).toBe(TRANSACTION_DEPOSITED_TOPIC);
  });

  it('reads every field', () => {
    const uint = (bits: bigint) => fc.bigInt({ min: 0n, max: (1n << bits) - 1n });
    fc.assert(
      fc.property(
        uint(256n),
        uint(256n),
        uint(64n),
        fc.boolean(),
        fc.uint8Array({ maxLength: 70 }),
        (mint, value, gas, isCreation, data) => {
          const fields = fieldsOf(decodeDepositLog(logOf({ mint, value, gas, isCreation, data })));
          expect(fields?.slice(1)).toEqual([
            `0x${'a1'.repeat(20)}`,
            isCreation ? '0x' : `0x${'b2'.repeat(20)}`,
            quantity(mint),
            quantity(value),
            quantity(gas),
            '0x',
            bytesToHex(data),
          ]);
        },
      ),
    );
  });

  it('names its source by block and log index', () => {
    const inner = keccak256(`0x${'cc'.repeat(32)}${'0'.repeat(63)}5`);
    expect(fieldsOf(decodeDepositLog(logOf()))?.[0]).toBe(
      keccak256(`0x${'0'.repeat(64)}${inner.slice(2)}`),
    );
  });

  const content = opaqueData({});
  it.each([
    ['three topics', { topics: logOf().topics.slice(0, 3) }],
    ['five topics', { topics: [...logOf().topics, ZERO_HASH] }],
    ['another version', { topics: [...logOf().topics.slice(0, 3), padded('1')] }],
    ['no data', { data: '0x' }],
    ['half a header', { data: `0x${'0'.repeat(64)}` }],
    ['data that is no multiple of 32 bytes', { data: `${logOf().data}00` }],
    ['another offset', { data: abi(content, { offset: 64n }) }],
    ['an offset over 64 bits', { data: abi(content, { offset: (1n << 64n) + 32n }) }],
    ['a length beyond the data', { data: abi(content, { length: 97n }) }],
    ['a length of 256 bits', { data: abi(content, { length: (1n << 256n) - 1n }) }],
    [
      'more padding than needed',
      { data: abi(opaqueData({ data: new Uint8Array(64) }), { length: 105n }) },
    ],
    ['too little content', { data: abi(content.subarray(0, 72)) }],
  ])('refuses %s', (_, changes) => {
    expect(decodeDepositLog(logOf({}, changes as Partial<L1Log>))).toBeNull();
  });
});

describe('userDeposits', () => {
  const receipt = (log: L1Log, isSuccess = true) => ({ isSuccess, logs: [log] });

  it('takes deposits of successful transactions from this contract, in order', () => {
    const found = userDeposits(
      [
        receipt(logOf({ gas: 1n })),
        receipt(logOf({ gas: 2n }), false),
        receipt(logOf({ gas: 3n }, { address: `0x${'11'.repeat(20)}` })),
        receipt(logOf({ gas: 4n }, { topics: [ZERO_HASH, ...logOf().topics.slice(1)] })),
        receipt(logOf({ gas: 5n }, { topics: [] })),
        receipt(logOf({ gas: 6n })),
      ],
      CONTRACT,
    );
    if (found.kind !== 'deposits') throw new Error(found.kind);
    expect(found.transactions.map((tx) => fieldsOf(tx)?.[5])).toEqual(['0x01', '0x06']);
  });

  it('names the event that it cannot decode', () => {
    const bad = logOf({}, { data: '0x', logIndex: 9n });
    expect(userDeposits([receipt(logOf()), receipt(bad)], CONTRACT)).toEqual({
      kind: 'malformed',
      log: bad,
    });
    expect(userDeposits([receipt(bad, false)], CONTRACT)).toMatchObject({ kind: 'deposits' });
  });
});
