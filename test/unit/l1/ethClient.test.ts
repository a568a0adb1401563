import { beforeEach, describe, expect, it } from 'vitest';
import type { DeriveL1Source } from '../../../src/derive/ports.js';
import type { EngineL1Source } from '../../../src/engine/ports.js';
import type { EthClientOptions } from '../../../src/l1/ethClient.js';
import { EthClient } from '../../../src/l1/ethClient.js';
import { bytesToHex } from '../../../src/rollup/bytes.js';
import { encodeRpcTransaction } from '../../../src/rollup/txCodec.js';
import { RpcError } from '../../../src/transport/ports.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import type { FakeRpcClient } from '../../support/fakeRpcClient.js';
import { recordedL1Rpc } from '../../support/recordedL1Rpc.js';
import type { Json, RecordedL1Block } from '../../support/recordedWorld.js';
import { readWorldJson, readWorldL1 } from '../../support/recordedWorld.js';
import { rejection, until } from '../../support/until.js';

type Hash = `0x${string}`;

const WORLDS = ['forks', 'adversarial'];
const chain = readWorldL1('forks');
const rollup = readWorldJson('forks', 'rollup.json') as Record<string, Hash>;
const busiest = [...chain].sort(
  (a, b) => b.receipts.length - a.receipts.length,
)[0] as RecordedL1Block;
const withLogs = chain.find((entry) => logsOf(entry).length > 1) as RecordedL1Block;
const last = chain.at(-1) as RecordedL1Block;
const UNKNOWN: Hash = `0x${'99'.repeat(32)}`;
const signal = new AbortController().signal;
const systemConfig = rollup.l1_system_config_address as Hash;

function logsOf(entry: RecordedL1Block): readonly Json[] {
  return entry.receipts.flatMap((receipt) => receipt.logs as readonly Json[]);
}

let rpc: FakeRpcClient;
let requests: string[];

function client(options: Partial<EthClientOptions> = {}): EthClient {
  return new EthClient(
    { isTrusted: false, rpcKind: 'standard', cacheSize: 100, keep: null, ...options },
    {
      rpc,
      clock: new FakeClock(),
      log: new FakeLogger(),
      recordRequest: (request) => requests.push(request),
    },
  );
}

/** Replaces the answer for blocks by a changed one. */
function lieAboutBlock(entry: RecordedL1Block, change: object): void {
  const lie = { ...entry.block, ...change };
  rpc.handlers.eth_getBlockByNumber = () => lie;
  rpc.handlers.eth_getBlockByHash = () => lie;
}

beforeEach(() => {
  rpc = recordedL1Rpc(chain);
  requests = [];
});

describe('an honest endpoint', () => {
  it.each(WORLDS)('gives every recorded block of %s, all proven', async (world) => {
    const recorded = readWorldL1(world);
    rpc = recordedL1Rpc(recorded);
    const l1: DeriveL1Source & EngineL1Source = client();
    for (const entry of recorded) {
      const { block } = entry;
      const ref = await l1.l1BlockRefByNumber(BigInt(block.number as string), signal);
      expect(ref).toEqual({
        hash: block.hash,
        number: BigInt(block.number as string),
        parentHash: block.parentHash,
        timestamp: BigInt(block.timestamp as string),
      });
      expect(await l1.l1BlockRefByHash(block.hash, signal)).toEqual(ref);
      expect(await l1.l1InfoByHash(block.hash, signal)).toEqual({
        ...ref,
        prevRandao: block.mixHash,
        baseFee: BigInt(block.baseFeePerGas as string),
        excessBlobGas: BigInt(block.excessBlobGas as string),
        parentBeaconBlockRoot: block.parentBeaconBlockRoot,
      });
      const transactions = await l1.l1TransactionsByHash(block.hash, signal);
      expect(
        transactions?.map(({ to, encoded }) => ({ to, encoded: bytesToHex(encoded) })),
      ).toEqual(block.transactions.map((tx) => ({ to: tx.to, encoded: encodeRpcTransaction(tx) })));
      const receipts = await l1.l1ReceiptsByHash(block.hash, signal);
      expect(receipts?.map(({ isSuccess }) => isSuccess)).toEqual(
        entry.receipts.map(({ status }) => status === '0x1'),
      );
      expect(receipts?.flatMap(({ logs }) => logs)).toEqual(
        logsOf(entry).map((log) => ({
          address: log.address,
          topics: log.topics,
          data: log.data,
          blockHash: block.hash,
          logIndex: BigInt(log.logIndex as string),
        })),
      );
    }
  });

  it('gives the blocks of the labels', async () => {
    for (const label of ['latest', 'safe', 'finalized'] as const) {
      expect((await client().l1BlockRefByLabel(label, signal))?.hash).toBe(last.block.hash);
    }
  });

  it('gives null for what it does not have', async () => {
    const l1 = client();
    expect(await l1.l1BlockRefByNumber(5000n, signal)).toBeNull();
    expect(await l1.l1BlockRefByHash(UNKNOWN, signal)).toBeNull();
    expect(await l1.l1InfoByHash(UNKNOWN, signal)).toBeNull();
    expect(await l1.l1TransactionsByHash(UNKNOWN, signal)).toBeNull();
    expect(await l1.l1ReceiptsByHash(UNKNOWN, signal)).toBeNull();
    rpc.handlers.eth_getBlockByNumber = () => {
      throw new RpcError('eth_getBlockByNumber', -39001, 'finalized block not found', undefined);
    };
    expect(await l1.l1BlockRefByLabel('finalized', signal)).toBeNull();
  });

  it('knows the chain id', async () => {
    expect(await client().chainId(signal)).toBe(900n);
  });

  it('keeps only what it is told to', async () => {
    const deposit = rollup.deposit_contract_address as Hash;
    const inbox = rollup.batch_inbox_address as Hash;
    const l1 = client({ keep: { transactionsTo: inbox, logsOf: [deposit] } });
    for (const entry of chain) {
      const all = entry.block.transactions
        .filter((tx) => tx.to === inbox)
        .map(encodeRpcTransaction);
      const kept = await l1.l1TransactionsByHash(entry.block.hash, signal);
      expect(kept?.map(({ encoded }) => bytesToHex(encoded))).toEqual(all);
      const receipts = await l1.l1ReceiptsByHash(entry.block.hash, signal);
      expect(receipts).toHaveLength(entry.receipts.length);
      expect(receipts?.flatMap(({ logs }) => logs.map(({ logIndex }) => logIndex))).toEqual(
        logsOf(entry)
          .filter((log) => log.address === deposit)
          .map((log) => BigInt(log.logIndex as string)),
      );
    }
  });

  it('gives encoded transactions by their places, whatever it keeps, and none beyond the block', async () => {
    const inbox = rollup.batch_inbox_address as Hash;
    for (const isTrusted of [false, true]) {
      const l1 = client({ isTrusted, keep: { transactionsTo: inbox, logsOf: [] } });
      const all = busiest.block.transactions.map(encodeRpcTransaction);
      const last = all.length - 1;
      const got = await l1.l1TransactionsAt(busiest.block.hash, [last, 0], signal);
      expect(got?.map(bytesToHex)).toEqual([all[last], all[0]]);
      expect(await l1.l1TransactionsAt(busiest.block.hash, [0, last + 1], signal)).toBeNull();
      expect(await l1.l1TransactionsAt(UNKNOWN, [0], signal)).toBeNull();
    }
  });

  it('names its requests as op-node does', async () => {
    const l1 = client();
    await l1.l1BlockRefByLabel('latest', signal);
    await l1.l1BlockRefByNumber(1n, signal);
    await l1.l1BlockRefByHash(last.block.hash, signal);
    await l1.l1InfoByHash(last.block.hash, signal);
    await l1.l1TransactionsByHash(last.block.hash, signal);
    await l1.l1ReceiptsByHash(last.block.hash, signal);
    expect(requests).toEqual([
      'L1BlockRefByLabel',
      'L1BlockRefByNumber',
      'L1BlockRefByHash',
      'InfoByHash',
      'InfoAndTxsByHash',
      'FetchReceipts',
    ]);
  });
});

describe('caches', () => {
  it('asks for a block, its transactions and its receipts once', async () => {
    const l1 = client();
    const { hash } = busiest.block;
    for (let i = 0; i < 2; i++) {
      await l1.l1ReceiptsByHash(hash, signal);
      await l1.l1TransactionsByHash(hash, signal);
      await l1.l1InfoByHash(hash, signal);
      await l1.l1BlockRefByHash(hash, signal);
    }
    expect(rpc.calls.map(({ method }) => method)).toEqual([
      'eth_getBlockByHash',
      'eth_getBlockReceipts',
    ]);
  });

  it('asks for the same receipts once when two callers want them', async () => {
    const l1 = client();
    const both = [1, 2].map(() => l1.l1ReceiptsByHash(busiest.block.hash, signal));
    const [first, second] = await Promise.all(both);
    expect(second).toBe(first);
    expect(rpc.count('eth_getBlockReceipts')).toBe(1);
  });

  it('asks for the same block once when several callers want its parts', async () => {
    const l1 = client();
    const { hash } = busiest.block;
    await Promise.all([
      l1.l1TransactionsByHash(hash, signal),
      l1.l1ReceiptsByHash(hash, signal),
      l1.l1TransactionsByHash(hash, signal),
    ]);
    expect(rpc.count('eth_getBlockByHash')).toBe(1);
  });

  it('fetches itself when the caller before it came to nothing', async () => {
    const l1 = client();
    const honest = rpc.handlers.eth_getBlockReceipts as () => unknown;
    rpc.handlers.eth_getBlockReceipts = (params) => {
      rpc.handlers.eth_getBlockReceipts = honest;
      throw new RpcError('eth_getBlockReceipts', -32000, `busy with ${params.length}`, undefined);
    };
    const first = l1.l1ReceiptsByHash(busiest.block.hash, signal);
    const second = l1.l1ReceiptsByHash(busiest.block.hash, signal);
    await expect(first).rejects.toThrow('busy');
    expect(await second).toHaveLength(busiest.receipts.length);
  });

  it('does not keep a caller that is stopped waiting for what another asked for', async () => {
    const l1 = client();
    rpc.handlers.eth_getBlockReceipts = () => new Promise(() => undefined);
    const stop = new AbortController();
    void l1.l1ReceiptsByHash(busiest.block.hash, signal);
    const second = rejection(l1.l1ReceiptsByHash(busiest.block.hash, stop.signal));
    await until(() => rpc.count('eth_getBlockReceipts') > 0);
    stop.abort();
    expect(await second).toMatchObject({ code: 'ABORTED' });
  });

  it('never answers a number from a cache', async () => {
    const l1 = client();
    const reorged = readWorldL1('adversarial')[7] as RecordedL1Block;
    expect((await l1.l1BlockRefByNumber(7n, signal))?.hash).toBe(chain[7]?.block.hash);
    rpc.handlers.eth_getBlockByNumber = () => reorged.block;
    expect((await l1.l1BlockRefByNumber(7n, signal))?.hash).toBe(reorged.block.hash);
  });

  it('is bounded', async () => {
    const l1 = client({ cacheSize: 1 });
    await l1.l1BlockRefByHash(chain[1]?.block.hash as Hash, signal);
    await l1.l1BlockRefByHash(chain[2]?.block.hash as Hash, signal);
    await l1.l1BlockRefByHash(chain[1]?.block.hash as Hash, signal);
    expect(rpc.calls).toHaveLength(3);
  });
});

describe('a lying endpoint', () => {
  const number = BigInt(last.block.number as string);

  it.each([
    ['another parent', { parentHash: UNKNOWN }],
    ['another time', { timestamp: '0x1' }],
    ['another hash', { hash: UNKNOWN }],
    ['another receipts root', { receiptsRoot: UNKNOWN }],
    ['other execution requests', { requestsHash: UNKNOWN }],
    ['other blob gas', { excessBlobGas: '0x20000' }],
    ['no beacon root', { parentBeaconBlockRoot: undefined }],
  ])('is refused with %s in the header', async (_, change) => {
    lieAboutBlock(last, change);
    const hashLie = { code: 'ROLLUP_BLOCK_HASH_MISMATCH', severity: 'temporary' };
    await expect(client().l1BlockRefByNumber(number, signal)).rejects.toMatchObject(hashLie);
    await expect(client().l1BlockRefByLabel('latest', signal)).rejects.toMatchObject(hashLie);
    await expect(client().l1InfoByHash(last.block.hash, signal)).rejects.toMatchObject(hashLie);
  });

  it('is believed once for an answer that stays the same, and found out with the next one', async () => {
    const l1 = client();
    const answer = last.block;
    rpc.handlers.eth_getBlockByNumber = () => answer;
    const ref = await l1.l1BlockRefByLabel('latest', signal);
    expect(await l1.l1BlockRefByLabel('latest', signal)).toBe(ref);
    expect(rpc.options.map((options) => options?.isPolled)).toEqual([true, true]);
    lieAboutBlock(last, { parentHash: UNKNOWN });
    await expect(l1.l1BlockRefByLabel('latest', signal)).rejects.toMatchObject({
      code: 'ROLLUP_BLOCK_HASH_MISMATCH',
    });
  });

  it('is refused with another block than the one asked for', async () => {
    lieAboutBlock(last, {});
    const other = { code: 'L1_BLOCK_INVALID', severity: 'temporary' };
    await expect(client().l1BlockRefByNumber(3n, signal)).rejects.toMatchObject(other);
    await expect(client().l1BlockRefByHash(UNKNOWN, signal)).rejects.toMatchObject(other);
    await expect(client().l1ReceiptsByHash(UNKNOWN, signal)).rejects.toMatchObject(other);
  });

  it.each<readonly [string, (txs: readonly Json[]) => readonly Json[]]>([
    ['a changed transaction', (txs) => [{ ...txs[0], input: '0xdead' }, ...txs.slice(1)]],
    ['a transaction left out', (txs) => txs.slice(1)],
    ['a transaction twice', (txs) => [...txs, ...txs]],
    ['no transactions', () => []],
  ])('is refused with %s', async (_, change) => {
    lieAboutBlock(busiest, { transactions: change(busiest.block.transactions) });
    const l1 = client();
    const { hash } = busiest.block;
    const lie = { code: 'L1_BLOCK_INVALID', message: 'failed to verify transactions list' };
    await expect(l1.l1TransactionsByHash(hash, signal)).rejects.toMatchObject(lie);
    if (change(busiest.block.transactions).length > 0) {
      await expect(l1.l1TransactionsAt(hash, [0], signal)).rejects.toMatchObject(lie);
    }
    await expect(l1.l1ReceiptsByHash(hash, signal)).rejects.toMatchObject(lie);
  });

  it.each([
    ['a withdrawal too many', { withdrawals: [withdrawal()] }, 'failed to verify withdrawals list'],
    ['withdrawals but no root', { withdrawalsRoot: undefined }, 'failed to verify block hash'],
  ])('is refused with %s', async (_, change, message) => {
    lieAboutBlock(busiest, change);
    await expect(client().l1TransactionsByHash(busiest.block.hash, signal)).rejects.toThrow(
      message,
    );
  });

  it.each<readonly [string, (receipts: readonly Json[]) => unknown]>([
    ['a reverted transaction shown as good', (list) => flip(list)],
    ['a receipt left out', (list) => list.slice(1)],
    ['no receipts at all', () => null],
    ['a log left out', (list) => mapLogs(list, (logs) => logs.slice(0, -1))],
    ['a log with other data', (list) => mapLogs(list, (logs) => change(logs, { data: '0x01' }))],
    [
      'a log of another contract',
      (list) => mapLogs(list, (logs) => change(logs, { address: systemConfig })),
    ],
    [
      'a log of another block',
      (list) => mapLogs(list, (logs) => change(logs, { blockHash: UNKNOWN })),
    ],
    [
      'a log of another transaction',
      (list) => mapLogs(list, (logs) => change(logs, { transactionHash: UNKNOWN })),
    ],
    [
      'a log at another index',
      (list) => mapLogs(list, (logs) => change(logs, { logIndex: '0x77' })),
    ],
    ['a removed log', (list) => mapLogs(list, (logs) => change(logs, { removed: true }))],
    ['a receipt of another block', (list) => change(list, { blockHash: UNKNOWN })],
    ['a receipt of another height', (list) => change(list, { blockNumber: '0x1234' })],
    ['a receipt at another index', (list) => change(list, { transactionIndex: '0x77' })],
    ['gas that does not add up', (list) => change(list, { gasUsed: '0x1' })],
  ])('is refused with %s', async (_, lie) => {
    rpc.handlers.eth_getBlockReceipts = () => lie(withLogs.receipts);
    const l1 = client();
    await expect(l1.l1ReceiptsByHash(withLogs.block.hash, signal)).rejects.toMatchObject({
      code: 'L1_RECEIPTS_INVALID',
      severity: 'temporary',
    });
    rpc.handlers.eth_getBlockReceipts = () => withLogs.receipts;
    expect(await l1.l1ReceiptsByHash(withLogs.block.hash, signal)).toHaveLength(
      withLogs.receipts.length,
    );
  });

  it('is believed with --l1.trustrpc, even with transactions of unknown types, but for its receipts', async () => {
    const transactions = [{ ...busiest.block.transactions[0], type: '0x99', to: systemConfig }];
    const inbox = rollup.batch_inbox_address as Hash;
    const l1 = client({ isTrusted: true, keep: { transactionsTo: inbox, logsOf: [] } });
    lieAboutBlock(busiest, { timestamp: '0x1', transactions });
    rpc.handlers.eth_getBlockReceipts = () => flip(busiest.receipts.slice(0, 1));
    const { hash } = busiest.block;
    expect((await l1.l1BlockRefByHash(hash, signal))?.timestamp).toBe(1n);
    expect(await l1.l1TransactionsByHash(hash, signal)).toEqual([]);
    await expect(l1.l1ReceiptsByHash(hash, signal)).rejects.toMatchObject({
      code: 'L1_RECEIPTS_INVALID',
    });
  });
});

function withdrawal(): Json {
  return { index: '0x0', validatorIndex: '0x0', address: systemConfig, amount: '0x1' };
}

function change(list: readonly Json[], fields: Json): readonly Json[] {
  return [{ ...list[0], ...fields }, ...list.slice(1)];
}

function flip(list: readonly Json[]): readonly Json[] {
  return change(list, { status: list[0]?.status === '0x1' ? '0x0' : '0x1' });
}

function mapLogs(
  list: readonly Json[],
  map: (logs: readonly Json[]) => readonly Json[],
): readonly Json[] {
  let isDone = false;
  return list.map((receipt) => {
    const logs = receipt.logs as readonly Json[];
    if (isDone || logs.length === 0) return receipt;
    isDone = true;
    return { ...receipt, logs: map(logs) };
  });
}

describe('a storage slot', () => {
  const SLOT = '0x65a7ed542fb37fe237fdfbdd70b31598523fe5b32879e307bae27a0bd9581c08';
  const SIGNER = 0x90f79bf6eb2c4f870365e785982e1f101e93b906n;
  const hash = last.block.hash as Hash;
  const place = () => ({ address: (last.proof as Json).address as Hash, slot: SLOT as Hash });

  it('is proven at its block', async () => {
    expect(await client().storageAt(place(), hash, signal)).toBe(SIGNER);
  });

  it('that is a lie is refused', async () => {
    const { storageProof } = last.proof as Json & { readonly storageProof: readonly Json[] };
    rpc.handlers.eth_getProof = () => ({
      ...(last.proof as Json),
      storageProof: [{ ...storageProof[0], value: '0x1' }],
    });
    expect(await rejection(client().storageAt(place(), hash, signal))).toMatchObject({
      code: 'ROLLUP_PROOF_INVALID',
      severity: 'temporary',
    });
  });

  it('is taken as it is from a trusted endpoint', async () => {
    rpc.handlers.eth_getStorageAt = () => `0x${'12'.padStart(64, '0')}`;
    expect(await client({ isTrusted: true }).storageAt(place(), hash, signal)).toBe(0x12n);
  });

  it('of a block that is not there is null', async () => {
    expect(await client().storageAt(place(), UNKNOWN, signal)).toBeNull();
  });
});
