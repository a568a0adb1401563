import type { Hex, TransactionSerializable } from 'viem';
import { toRlp } from 'viem';
import { describe, expect, it } from 'vitest';
import { examineTransactions } from '../../../../src/derive/attributes/examineTransactions.js';
import { whole } from '../../../../src/rollup/slices.js';
import type { PayloadAttributes } from '../../../../src/types/payload.js';
import {
  badTransactions,
  goodTransaction,
  SENDER,
  type TransactionMaker,
} from '../../../support/badTransactions.js';
import { l1Block, l1InfoDeposit } from '../../../support/l2Chain.js';
import { recordedAttributes } from '../../../support/recordedAttributes.js';
import { readWorldLines } from '../../../support/recordedWorld.js';

const MAKER: TransactionMaker = { nonce: 3, chainId: 901, blockGasLimit: 30_000_000n };
const CONFIG = { l2ChainId: 901n, forks: { isthmus: 100n, lagoon: 200n } };
const INFO = l1InfoDeposit(l1Block(1n), 0n);
const NUMBER = 9n;
const GAS_PRICE = 10_000_000_000n;
const TO: Hex = `0x${'11'.repeat(20)}`;

function attributes(transactions: readonly Hex[], timestamp = 150n): PayloadAttributes {
  return {
    ...{ timestamp, prevRandao: `0x${'00'.repeat(32)}`, suggestedFeeRecipient: TO },
    ...{ transactions, noTxPool: true, gasLimit: MAKER.blockGasLimit },
  };
}

function examined(transactions: readonly Hex[], timestamp?: bigint) {
  return whole(examineTransactions(CONFIG, attributes(transactions, timestamp), NUMBER));
}

const bad = await badTransactions(MAKER);
const good = await goodTransaction(MAKER);
const signed = (tx: object) => SENDER.signTransaction(tx as TransactionSerializable);
const setCode = await signed({
  ...{ type: 'eip7702', chainId: 901, nonce: 3, gas: 100_000n, to: TO, maxFeePerGas: GAS_PRICE },
  authorizationList: [{ chainId: 901, address: TO, nonce: 4, r: TO, s: TO, yParity: 0 }],
});
const postExec = (version: number, number: bigint, entries: readonly Hex[][] = []): Hex =>
  `0x7d${toRlp([`0x0${version}`, `0x0${number}`, entries] as never).slice(2)}`;

describe('the examination of transactions', () => {
  it.each(bad.map((tx) => [tx.name, tx] as const))('judges %s', (_, { raw, defect }) => {
    const expected =
      defect === null ? { kind: 'sound' } : { kind: 'defect', reason: `transaction 2 ${defect}` };
    expect(examined([INFO, good, raw, good])).toMatchObject(expected);
  });

  it.each([
    ['a legacy transaction that is bound to no chain', { type: 'legacy', gasPrice: GAS_PRICE }],
    ['a legacy transaction', { type: 'legacy', chainId: 901, gasPrice: GAS_PRICE }],
    [
      'an access list',
      {
        ...{ type: 'eip2930', chainId: 901, gasPrice: GAS_PRICE },
        accessList: [{ address: TO, storageKeys: [`0x${'22'.repeat(32)}`] }],
      },
    ],
    ['a creation', { type: 'eip1559', chainId: 901, maxFeePerGas: GAS_PRICE, to: undefined }],
  ] as const)('finds nothing wrong with %s', async (_, tx) => {
    const raw = await signed({ nonce: 3, gas: 50_000n, to: TO, data: '0x6000', ...tx });
    expect(examined([INFO, raw])).toEqual({
      kind: 'sound',
      gasLimits: [1_000_000n, 50_000n],
      hasPostExec: false,
    });
  });

  it('finds nothing wrong with any transaction that was derived', () => {
    for (const world of ['forks', 'karst', 'lagoon']) {
      for (const line of readWorldLines(world, 'derived.jsonl.gz')) {
        const exam = whole(
          examineTransactions(
            { l2ChainId: 901n, forks: { isthmus: 0n, lagoon: 0n } },
            recordedAttributes(line.attributes),
            BigInt(String(line.number)),
          ),
        );
        expect(exam.kind, `${world} ${line.number}`).toBe('sound');
      }
    }
  });

  it('lets a transaction set code from Isthmus on', () => {
    expect(examined([INFO, setCode], 99n)).toEqual({
      kind: 'defect',
      reason: 'transaction 1 is of a type that Isthmus brings',
    });
    expect(examined([INFO, setCode], 100n)).toMatchObject({ kind: 'sound', hasPostExec: false });
  });

  it.each([
    ['before Lagoon', [postExec(1, NUMBER)], 199n, 'transaction 1 is of a type that Lagoon brings'],
    ['in its place', [good, postExec(1, NUMBER, [['0x01', '0x0539']])], 200n, null],
    ['of another block', [postExec(1, 8n)], 200n, 'transaction 1 is for block 8'],
    ['of another format', [postExec(2, NUMBER)], 200n, 'transaction 1 does not decode'],
    [
      'with an entry of three numbers',
      [postExec(1, NUMBER, [['0x01', '0x02', '0x03']])],
      200n,
      'transaction 1 does not decode',
    ],
    [
      'before another transaction',
      [postExec(1, NUMBER), good],
      200n,
      'transaction 1 is a post-execution transaction and not the last',
    ],
    [
      'twice',
      [postExec(1, NUMBER), postExec(1, NUMBER)],
      200n,
      'transaction 1 is a post-execution transaction and not the last',
    ],
  ] as const)('judges a post-execution transaction %s', (_, transactions, time, reason) => {
    const expected =
      reason === null ? { kind: 'sound', hasPostExec: true } : { kind: 'defect', reason };
    expect(examined([INFO, ...transactions], time)).toMatchObject(expected);
  });

  it('lets others have their turn between two signatures', () => {
    const sliced = examineTransactions(CONFIG, attributes([INFO, good, good, good]), NUMBER);
    let turns = 0;
    while (sliced.next().done !== true) turns += 1;
    expect(turns).toBe(3);
  });
});
