import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { encodeBlob } from '../../../../devnet/batcher/blobs.js';
import { DataSource } from '../../../../src/derive/stages/dataSource.js';
import { L1Traversal } from '../../../../src/derive/stages/l1Traversal.js';
import { hexToBytes } from '../../../../src/rollup/bytes.js';
import { CONFIG_UPDATE_TOPIC } from '../../../../src/rollup/systemConfig.js';
import type { Address, L1BlockRef } from '../../../../src/types/block.js';
import { ZERO_HASH } from '../../../../src/types/block.js';
import type { L1Receipt, L1Transaction } from '../../../../src/types/l1Block.js';
import {
  deriveConfig,
  forksBefore,
  l1Block,
  NEVER,
  numberedHash,
  RecordingObserver,
} from '../../../support/deriveFakes.js';
import { NO_TURN } from '../../../support/sliced.js';

const account = privateKeyToAccount(`0x${'42'.repeat(32)}`);
const batcherAddr = account.address.toLowerCase() as Address;
const config = deriveConfig();
const system = { ...config.genesis.systemConfig, batcherAddr };

describe('L1Traversal', () => {
  const gasLimitUpdate: L1Receipt = {
    isSuccess: true,
    logs: [
      {
        address: config.l1SystemConfigAddress,
        topics: [CONFIG_UPDATE_TOPIC, ZERO_HASH, `0x${'0'.repeat(63)}2`],
        data: `0x${[32, 32, 77].map((word) => word.toString(16).padStart(64, '0')).join('')}`,
        blockHash: l1Block(11).hash,
        logIndex: 0n,
      },
    ],
  };
  function traversal(next: L1BlockRef | null, receipts: readonly L1Receipt[] | null) {
    const stage = new L1Traversal(config, {
      l1: { l1BlockRefByNumber: async () => next, l1ReceiptsByHash: async () => receipts },
    });
    stage.reset(l1Block(10), system);
    return stage;
  }

  it('hands out each block once and keeps the system config up to date', async () => {
    const stage = traversal(l1Block(11), [gasLimitUpdate]);
    expect([stage.take(), stage.take()]).toEqual([l1Block(10), 'outOfData']);
    expect(await stage.advance(NEVER)).toBe(true);
    expect([stage.take(), stage.take()]).toEqual([l1Block(11), 'outOfData']);
    expect(stage.systemConfig).toEqual({ ...system, gasLimit: 77n });
  });

  it('stays where it is while L1 has no more', async () => {
    const stage = traversal(null, []);
    expect(await stage.advance(NEVER)).toBe(false);
    expect(stage.origin).toEqual(l1Block(10));
  });

  it.each([
    [
      'a block of another chain',
      l1Block(11, { parentHash: numberedHash(10, 'c') }),
      [],
      'DERIVE_L1_REORG',
      'reset',
    ],
    ['missing receipts', l1Block(11), null, 'DERIVE_L1_UNAVAILABLE', 'temporary'],
  ] as const)(
    'fails by severity with %s, and does not move',
    async (_, next, receipts, code, severity) => {
      const stage = traversal(next, receipts);
      await expect(stage.advance(NEVER)).rejects.toMatchObject({ code, severity });
      expect(stage.origin).toEqual(l1Block(10));
    },
  );
});

describe('DataSource', () => {
  const common = {
    to: config.batchInboxAddress,
    nonce: 0,
    gas: 1n,
    maxFeePerGas: 1n,
    chainId: 900,
  } as const;
  const versionedHash: Hex = `0x01${'02'.repeat(31)}`;
  const transaction = async (encoded: Promise<Hex>): Promise<L1Transaction> => ({
    to: config.batchInboxAddress,
    encoded: hexToBytes(await encoded) ?? new Uint8Array(0),
  });
  const calldata = (data: Hex) =>
    transaction(account.signTransaction({ ...common, type: 'eip1559', data }));
  const blobTx = (count: number) =>
    transaction(
      account.signTransaction({
        ...common,
        type: 'eip4844',
        maxFeePerBlobGas: 1n,
        blobVersionedHashes: Array(count).fill(versionedHash),
        sidecars: false,
      }),
    );
  function source(
    transactions: readonly L1Transaction[] | null,
    blobs: readonly Uint8Array[] | null,
    forks = config.forks,
  ) {
    const observer = new RecordingObserver();
    let taken = false;
    const stage = new DataSource(
      { ...config, forks },
      {
        previous: {
          origin: l1Block(11),
          systemConfig: system,
          take: () => {
            if (taken) return 'outOfData';
            taken = true;
            return l1Block(11);
          },
        },
        l1: { l1TransactionsByHash: async () => transactions },
        blobs: { blobsByHash: async () => blobs },
        observer,
        turn: NO_TURN,
      },
    );
    const drain = async () => {
      const pieces: number[][] = [];
      for (;;) {
        const data = await stage.nextData(NEVER);
        if (typeof data === 'string') return pieces;
        pieces.push([...data]);
      }
    };
    return { stage, observer, drain };
  }

  it('reads calldata and blobs in the order of the block, skipping what is no blob data', async () => {
    const bad = new Uint8Array(131_072).fill(1, 1, 2);
    const blobs = [encodeBlob(Uint8Array.of(2)), bad, encodeBlob(Uint8Array.of(3))];
    const { drain, observer } = source(
      [await calldata('0x01'), await blobTx(3), await calldata('0x04')],
      blobs,
    );
    expect(await drain()).toEqual([[1], [2], [3], [4]]);
    expect(observer.drops).toEqual(['ignoring blob due to parse failure']);
    expect(await drain()).toEqual([]);
  });

  it('reads the calldata of blob transactions before Ecotone', async () => {
    const txs = [await calldata('0x01'), await blobTx(1)];
    expect(await source(txs, null, forksBefore('ecotone')).drain()).toEqual([[1], []]);
  });

  it('forgets at a reset the block that it could not open, and what it had not handed out', async () => {
    const blocks = [11, 12, 13].map((number) => l1Block(number));
    let isDown = true;
    const stage = new DataSource(config, {
      previous: {
        origin: l1Block(11),
        systemConfig: system,
        take: () => blocks.shift() ?? 'outOfData',
      },
      l1: {
        l1TransactionsByHash: async (hash) => {
          if (isDown) throw new Error('down');
          return hash === l1Block(12).hash
            ? [await calldata('0x01'), await calldata('0x02')]
            : [await calldata('0x03')];
        },
      },
      blobs: { blobsByHash: async () => [] },
      observer: new RecordingObserver(),
      turn: NO_TURN,
    });
    await expect(stage.nextData(NEVER)).rejects.toThrow('down');
    isDown = false;
    stage.reset();
    expect([...(await stage.nextData(NEVER))]).toEqual([1]);
    stage.reset();
    expect([...(await stage.nextData(NEVER))]).toEqual([3]);
  });

  it('ignores data sent elsewhere and by others', async () => {
    const other = privateKeyToAccount(`0x${'43'.repeat(32)}`);
    const stranger = await transaction(
      other.signTransaction({ ...common, type: 'eip1559', data: '0x05' }),
    );
    const elsewhere = { ...(await calldata('0x06')), to: config.depositContractAddress };
    const junk = { to: config.batchInboxAddress, encoded: Uint8Array.of(0xff) };
    const { drain } = source([stranger, elsewhere, junk, await calldata('0x01')], []);
    expect(await drain()).toEqual([[1]]);
  });

  it.each([
    ['the block is gone', null, 1, [], 'DERIVE_L1_DATA_MISSING'],
    ['a blob is gone', 'blob', 1, null, 'DERIVE_L1_DATA_MISSING'],
    [
      'there are fewer blobs than asked for',
      'blob',
      2,
      [new Uint8Array(131_072)],
      'DERIVE_BLOBS_MISMATCH',
    ],
  ] as const)('fails for now when %s', async (_, kind, count, blobs, code) => {
    const transactions = kind === null ? null : [await blobTx(count)];
    await expect(source(transactions, blobs).drain()).rejects.toMatchObject({
      code,
      severity: 'temporary',
    });
  });
});
