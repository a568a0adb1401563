import { parseGwei, serializeTransaction, toBytes, toRlp } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { isSentBy, parseBatcherTx } from '../../../../src/derive/codec/batcherTx.js';
import { batcherData } from '../../../../src/derive/stages/dataSource.js';
import { bytesToHex, hexToBytes } from '../../../../src/rollup/bytes.js';
import { whole } from '../../../../src/rollup/slices.js';
import type { Address } from '../../../../src/types/block.js';
import { deriveConfig } from '../../../support/deriveFakes.js';

const account = privateKeyToAccount(`0x${'42'.repeat(32)}`);
const batcher = account.address.toLowerCase() as Address;
const INBOX: Address = `0x${'ff'.repeat(20)}`;
const common = { to: INBOX, nonce: 3, gas: 21_000n, data: '0x00abcd' } as const;
const fees = { maxFeePerGas: parseGwei('2'), maxPriorityFeePerGas: 1n } as const;
const accessList = [{ address: INBOX, storageKeys: [`0x${'01'.repeat(32)}`] }] as const;
const blobVersionedHashes = [`0x01${'02'.repeat(31)}`, `0x01${'03'.repeat(31)}`] as const;

const TXS = {
  legacy: { type: 'legacy', ...common, gasPrice: 5n, chainId: 900 },
  unprotected: { type: 'legacy', ...common, gasPrice: 5n },
  accessList: { type: 'eip2930', ...common, gasPrice: 5n, chainId: 900, accessList },
  dynamicFee: { type: 'eip1559', ...common, ...fees, chainId: 900, accessList },
  blob: {
    type: 'eip4844',
    ...common,
    ...fees,
    chainId: 900,
    maxFeePerBlobGas: 9n,
    blobVersionedHashes,
  },
} as const;

async function signed(tx: (typeof TXS)[keyof typeof TXS]): Promise<Uint8Array> {
  const encoded = await account.signTransaction(
    tx as Parameters<typeof account.signTransaction>[0],
  );
  return hexToBytes(encoded) ?? new Uint8Array(0);
}

describe('parseBatcherTx', () => {
  it.each(Object.entries(TXS))('read data and sender of a %s transaction', async (name, tx) => {
    const parsed = parseBatcherTx(await signed(tx), 900n);
    expect(parsed).not.toBeNull();
    if (parsed === null) return;
    expect(bytesToHex(parsed.data)).toBe('0x00abcd');
    expect(parsed.blobHashes).toEqual(name === 'blob' ? blobVersionedHashes : []);
    expect(isSentBy(parsed.signer, batcher)).toBe(true);
  });

  it.each(['legacy', 'accessList', 'dynamicFee', 'blob'] as const)(
    'refuse a %s transaction of another chain',
    async (name) => {
      expect(parseBatcherTx(await signed(TXS[name]), 901n)).toBeNull();
    },
  );

  it('take the sender of a deposit from the deposit', async () => {
    const fields = [
      `0x${'aa'.repeat(32)}`,
      batcher,
      INBOX,
      '0x',
      '0x',
      '0x01',
      '0x',
      '0x00ab',
    ] as const;
    const encoded = Uint8Array.of(0x7e, ...toBytes(toRlp(fields)));
    const parsed = parseBatcherTx(encoded, 900n);
    expect(parsed).not.toBeNull();
    expect(parsed && isSentBy(parsed.signer, batcher)).toBe(true);
    expect(parsed && isSentBy(parsed.signer, INBOX)).toBe(false);
    expect(parsed && bytesToHex(parsed.data)).toBe('0x00ab');
  });

  it('refuse type 4, unknown types and bytes that are no transaction', async () => {
    const valid = await signed(TXS.dynamicFee);
    for (const type of [4, 5, 0x7d, 0x7f]) {
      expect(parseBatcherTx(Uint8Array.of(type, ...valid.subarray(1)), 900n)).toBeNull();
    }
    expect(parseBatcherTx(new Uint8Array(0), 900n)).toBeNull();
    expect(parseBatcherTx(valid.subarray(0, 50), 900n)).toBeNull();
  });
});

describe('batcherData', () => {
  const read = async (
    txs: readonly { to: Address | null; encoded: Uint8Array }[],
    isEcotone: boolean,
  ) => whole(batcherData(txs, batcher, deriveConfig(), isEcotone));

  it('reads calldata and blob hashes in order, blobs in place of the calldata', async () => {
    const txs = [
      { to: INBOX, encoded: await signed(TXS.blob) },
      { to: INBOX, encoded: await signed(TXS.legacy) },
    ];
    const data = toBytes('0x00abcd');
    expect(await read(txs, true)).toMatchObject([
      { kind: 'blobHash', hash: blobVersionedHashes[0] },
      { kind: 'blobHash', hash: blobVersionedHashes[1] },
      { kind: 'calldata' },
    ]);
    const before = await read(txs, false);
    expect(before.map((entry) => entry.kind === 'calldata' && bytesToHex(entry.data))).toEqual([
      bytesToHex(data),
      bytesToHex(data),
    ]);
  });

  it('ignores other targets, strangers and what cannot be parsed', async () => {
    const stranger = privateKeyToAccount(`0x${'43'.repeat(32)}`);
    const theirs = await stranger.signTransaction(TXS.legacy);
    const txs = [
      { to: batcher, encoded: await signed(TXS.legacy) },
      { to: null, encoded: await signed(TXS.legacy) },
      { to: INBOX, encoded: hexToBytes(theirs) ?? new Uint8Array(0) },
      { to: INBOX, encoded: Uint8Array.of(1, 2, 3) },
      { to: INBOX, encoded: hexToBytes(serializeTransaction(TXS.legacy)) ?? new Uint8Array(0) },
    ];
    expect(await read(txs, true)).toEqual([]);
  });
});
