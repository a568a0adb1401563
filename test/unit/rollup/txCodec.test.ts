import { parseTransaction, serializeTransaction } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import {
  encodeRpcTransaction,
  transactionHash,
  transactionType,
} from '../../../src/rollup/txCodec.js';
import type { Json } from '../../support/recordedWorld.js';
import { readWorldL1, readWorldLines } from '../../support/recordedWorld.js';

const account = privateKeyToAccount(
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
);
const quantity = (value: bigint | number): string => `0x${value.toString(16)}`;
const WORD = `0x${'ab'.repeat(32)}` as const;

describe('encodeRpcTransaction', () => {
  it.each(['forks', 'adversarial'])(
    'gives every recorded transaction of %s its own hash',
    (world) => {
      const blocks = [
        ...readWorldL1(world).map((entry) => entry.block),
        ...readWorldLines(world, 'l2-unsafe.jsonl.gz'),
      ];
      const types = new Set<unknown>();
      for (const block of blocks) {
        for (const tx of block.transactions as readonly Json[]) {
          types.add(tx.type);
          expect(transactionHash(encodeRpcTransaction(tx)), String(tx.hash)).toBe(tx.hash);
        }
      }
      expect([...types]).toEqual(expect.arrayContaining(['0x0', '0x2', '0x3', '0x7e']));
    },
  );

  it('encodes a set-code transaction as the reference serializer does', async () => {
    const authorization = await account.signAuthorization({
      chainId: 901,
      nonce: 7,
      address: account.address,
    });
    const signed = await account.signTransaction({
      type: 'eip7702',
      chainId: 901,
      nonce: 300,
      gas: 100_000n,
      maxFeePerGas: 5n,
      maxPriorityFeePerGas: 0n,
      to: account.address,
      value: 0n,
      data: '0x1234',
      accessList: [{ address: account.address, storageKeys: [WORD] }],
      authorizationList: [authorization],
    });
    const parsed = parseTransaction(signed);
    const rpc = {
      type: '0x4',
      chainId: quantity(901),
      nonce: quantity(300),
      gas: quantity(100_000),
      maxFeePerGas: '0x5',
      maxPriorityFeePerGas: '0x0',
      to: account.address,
      value: '0x0',
      input: '0x1234',
      accessList: [{ address: account.address, storageKeys: [WORD] }],
      authorizationList: [
        {
          chainId: quantity(901),
          address: account.address,
          nonce: '0x7',
          yParity: quantity(authorization.yParity ?? 0),
          r: authorization.r,
          s: authorization.s,
        },
      ],
      r: parsed.r,
      s: parsed.s,
      yParity: quantity(parsed.yParity ?? 0),
    };
    expect(encodeRpcTransaction(rpc)).toBe(signed);
    expect(transactionType(signed)).toBe(4);
  });

  it('encodes a contract creation without a target', () => {
    const signature = { r: WORD, s: WORD, yParity: 1 } as const;
    const expected = serializeTransaction(
      { type: 'eip1559', chainId: 901, gas: 21n, maxFeePerGas: 1n, data: '0x60' },
      signature,
    );
    const rpc = {
      type: '0x2',
      chainId: quantity(901),
      nonce: '0x0',
      gas: '0x15',
      maxFeePerGas: '0x1',
      maxPriorityFeePerGas: '0x0',
      to: null,
      value: '0x0',
      input: '0x60',
      r: WORD,
      s: WORD,
      v: '0x1',
    };
    expect(encodeRpcTransaction(rpc)).toBe(expected);
  });

  it('encodes a post-exec transaction as its type and its input', () => {
    const rpc = {
      type: '0x7d',
      hash: WORD,
      from: `0x${'00'.repeat(20)}`,
      gas: '0x0',
      gasPrice: '0x3b9aca00',
      value: '0x0',
      input: '0xc201c0',
    };
    expect(encodeRpcTransaction(rpc)).toBe('0x7dc201c0');
    expect(transactionType('0x7dc201c0')).toBe(0x7d);
    expect(() => encodeRpcTransaction({ ...rpc, input: null })).toThrow(
      expect.objectContaining({ code: 'ROLLUP_JSON_INVALID' }),
    );
  });

  it('encodes the mint and the system flag of a deposit', () => {
    const deposit = {
      type: '0x7e',
      sourceHash: WORD,
      from: `0x${'01'.repeat(20)}`,
      to: null,
      mint: '0x5',
      value: '0x0',
      gas: '0x1',
      isSystemTx: true,
      input: '0x',
    };
    const expected = `0x7ef83ca0${'ab'.repeat(32)}94${'01'.repeat(20)}800580010180`;
    expect(encodeRpcTransaction(deposit)).toBe(expected);
  });

  it.each([
    ['an unknown type', { type: '0x55' }, 'ROLLUP_TX_TYPE_UNKNOWN'],
    ['a missing field', { type: '0x0', nonce: '0x0' }, 'ROLLUP_JSON_INVALID'],
    ['something that is no object', 'x', 'ROLLUP_JSON_INVALID'],
  ])('refuses %s', (_, json, code) => {
    expect(() => encodeRpcTransaction(json)).toThrowError(expect.objectContaining({ code }));
  });
});

describe('transactionType', () => {
  it('reads legacy, typed and empty transactions', () => {
    expect(transactionType('0xf86b')).toBe(0);
    expect(transactionType('0x7ef8')).toBe(0x7e);
    expect(transactionType('0x')).toBeNull();
  });
});
