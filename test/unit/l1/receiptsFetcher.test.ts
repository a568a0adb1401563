import { beforeEach, describe, expect, it } from 'vitest';
import type { ReceiptMethod } from '../../../src/l1/receiptMethods.js';
import { methodsOfKind, pickReceiptMethod } from '../../../src/l1/receiptMethods.js';
import { ReceiptsFetcher } from '../../../src/l1/receiptsFetcher.js';
import { parseRpcHeader } from '../../../src/rollup/blockHeader.js';
import { SystemClock } from '../../../src/runtime/clock.js';
import { HttpRpcClient } from '../../../src/transport/httpRpcClient.js';
import { RpcError } from '../../../src/transport/ports.js';
import type { L1Receipt } from '../../../src/types/l1Block.js';
import { RPC_KINDS, type RpcKind } from '../../../src/types/rpcKind.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import type { FakeRpcClient } from '../../support/fakeRpcClient.js';
import { unknownMethod } from '../../support/fakeRpcClient.js';
import { rawReceipt, recordedL1Rpc } from '../../support/recordedL1Rpc.js';
import type { Json, RecordedL1Block } from '../../support/recordedWorld.js';
import { readWorldL1 } from '../../support/recordedWorld.js';
import { RpcTestServer, sendJson } from '../../support/rpcTestServer.js';

const chain = readWorldL1('forks');
const entry = chain.find(({ receipts }) =>
  receipts.some((r) => (r.logs as Json[]).length > 0),
) as RecordedL1Block;
const header = parseRpcHeader(entry.block);
const txHashes = entry.block.transactions.map(({ hash }) => hash as `0x${string}`);
const signal = new AbortController().signal;

let rpc: FakeRpcClient;
let clock: FakeClock;
let log: FakeLogger;

const fetcher = (rpcKind: RpcKind): ReceiptsFetcher =>
  new ReceiptsFetcher({ rpcKind }, { rpc, clock, log });
const methodsCalled = (): readonly string[] => rpc.calls.map(({ method }) => method);

beforeEach(() => {
  rpc = recordedL1Rpc(chain);
  clock = new FakeClock();
  log = new FakeLogger();
});

describe('ReceiptsFetcher', () => {
  const serve: Record<string, () => unknown> = {
    alchemy_getTransactionReceipts: () => ({ receipts: entry.receipts }),
    debug_getRawReceipts: () => entry.receipts.map(rawReceipt),
    erigon_getBlockReceiptsByBlockHash: () => entry.receipts,
    parity_getBlockReceipts: () => entry.receipts,
  };

  it.each<readonly [RpcKind, ReceiptMethod, unknown]>([
    ['standard', 'eth_getBlockReceipts', [header.hash]],
    ['infura', 'eth_getBlockReceipts', [header.hash]],
    ['any', 'alchemy_getTransactionReceipts', [{ blockHash: header.hash }]],
    ['quicknode', 'debug_getRawReceipts', [header.hash]],
    ['debug_geth', 'debug_getRawReceipts', [header.hash]],
    ['erigon', 'erigon_getBlockReceiptsByBlockHash', [header.hash]],
    ['parity', 'parity_getBlockReceipts', [header.hash]],
    ['nethermind', 'parity_getBlockReceipts', [header.hash]],
  ])('gets proven receipts from kind %s by %s', async (kind, method, params) => {
    const expected = await fetcher('standard').fetch(header, txHashes, signal);
    rpc.calls.length = 0;
    Object.assign(rpc.handlers, serve);
    expect(await fetcher(kind).fetch(header, txHashes, signal)).toEqual(expected);
    expect(rpc.calls).toEqual([{ method, params }]);
  });

  it('gets them one by one, in batches, from kind basic', async () => {
    const expected = await fetcher('standard').fetch(header, txHashes, signal);
    expect(await fetcher('basic').fetch(header, txHashes, signal)).toEqual(expected);
    expect(rpc.batches).toEqual([txHashes.length]);
  });

  it.each([
    ['a changed status', (raw: string) => raw.replace(/^(0x0[1-4])?(f9....)01/, '$1$280')],
    ['something that is no RLP', () => '0xf9'],
    ['something that is no hex', () => 'zz'],
    ['a list of something else', () => '0xc3010203'],
  ])('refuses raw receipts with %s', async (_, spoil) => {
    rpc.handlers.debug_getRawReceipts = () => entry.receipts.map((r) => spoil(rawReceipt(r)));
    await expect(fetcher('debug_geth').fetch(header, txHashes, signal)).rejects.toMatchObject({
      code: 'L1_RECEIPTS_INVALID',
    });
  });

  it.each([
    ['64 MiB', 30_000_000n, 67_108_864],
    ['two bytes a unit of gas where that is more', 200_000_000n, 400_000_000],
  ])('takes an answer of up to %s', async (_, gasUsed, maxBytes) => {
    const busy = { ...header, gasUsed };
    await fetcher('standard').fetch(busy, txHashes, signal);
    await fetcher('basic').fetch(busy, txHashes, signal);
    expect(rpc.options.map((options) => options?.maxBytes)).toEqual([maxBytes, maxBytes]);
  });

  it('asks nothing for a block without transactions', async () => {
    const empty = chain.find(({ receipts }) => receipts.length === 0) as RecordedL1Block;
    expect(await fetcher('standard').fetch(parseRpcHeader(empty.block), [], signal)).toEqual([]);
    expect(rpc.calls).toEqual([]);
    await expect(fetcher('standard').fetch(header, [], signal)).rejects.toThrow('no transactions');
  });

  it('takes the next method at once when one is not offered, and comes back to it after a minute', async () => {
    rpc.handlers.eth_getBlockReceipts = () => {
      throw unknownMethod('eth_getBlockReceipts');
    };
    const standard = fetcher('standard');
    const expected = await fetcher('basic').fetch(header, txHashes, signal);
    rpc.calls.length = 0;
    expect(await standard.fetch(header, txHashes, signal)).toEqual(expected);
    expect(methodsCalled()[0]).toBe('eth_getBlockReceipts');
    expect(log.messages('warn')).toHaveLength(1);

    await standard.fetch(header, txHashes, signal);
    expect(rpc.count('eth_getBlockReceipts')).toBe(1);

    await clock.advance(60_001);
    rpc.handlers.eth_getBlockReceipts = () => entry.receipts;
    await standard.fetch(header, txHashes, signal);
    expect(methodsCalled().at(-1)).toBe('eth_getBlockReceipts');
    expect(log.messages('warn')).toContain(
      'resetting back RPC preferences, please review RPC provider kind setting',
    );
  });

  it.each([
    [-32600, 'no'],
    [-32602, 'no'],
    [-32001, 'rpc method is not whitelisted'],
    [-32000, 'Unsupported method: x'],
    [-32000, 'the method is not available'],
  ])('counts error %d "%s" as not offered', async (code, message) => {
    rpc.handlers.eth_getBlockReceipts = () => {
      throw new RpcError('eth_getBlockReceipts', code, message, undefined);
    };
    await fetcher('standard').fetch(header, txHashes, signal);
    expect(rpc.count('eth_getTransactionReceipt')).toBe(txHashes.length);
  });

  it('passes other errors on and stays with its method', async () => {
    rpc.handlers.eth_getBlockReceipts = () => {
      throw new RpcError('eth_getBlockReceipts', -32005, 'limit exceeded', undefined);
    };
    const standard = fetcher('standard');
    await expect(standard.fetch(header, txHashes, signal)).rejects.toThrow('limit exceeded');
    await expect(standard.fetch(header, txHashes, signal)).rejects.toThrow('limit exceeded');
    expect(rpc.count('eth_getTransactionReceipt')).toBe(0);
  });

  it('asks again only for the receipts that failed', async () => {
    const many = chain.find(({ receipts }) => receipts.length > 1) as RecordedL1Block;
    const hashes = many.block.transactions.map(({ hash }) => hash as `0x${string}`);
    const honest = rpc.handlers.eth_getTransactionReceipt as (p: readonly unknown[]) => unknown;
    rpc.handlers.eth_getTransactionReceipt = (params) => {
      if (params[0] !== hashes[1]) return honest(params);
      throw new RpcError('eth_getTransactionReceipt', -32005, 'limit exceeded', undefined);
    };
    const basic = fetcher('basic');
    const manyHeader = parseRpcHeader(many.block);
    await expect(basic.fetch(manyHeader, hashes, signal)).rejects.toThrow('limit exceeded');
    rpc.handlers.eth_getTransactionReceipt = honest;
    const receipts: readonly L1Receipt[] = await basic.fetch(manyHeader, hashes, signal);
    expect(receipts).toHaveLength(hashes.length);
    expect(rpc.batches).toEqual([hashes.length, 1]);
  });

  it('asks again only for those that were not there', async () => {
    const many = chain.find(({ receipts }) => receipts.length > 1) as RecordedL1Block;
    const hashes = many.block.transactions.map(({ hash }) => hash as `0x${string}`);
    const honest = rpc.handlers.eth_getTransactionReceipt as (p: readonly unknown[]) => unknown;
    rpc.handlers.eth_getTransactionReceipt = (params) =>
      params[0] === hashes[1] ? null : honest(params);
    const basic = fetcher('basic');
    const manyHeader = parseRpcHeader(many.block);
    await expect(basic.fetch(manyHeader, hashes, signal)).rejects.toThrow('nil on retrieval');
    await expect(basic.fetch(manyHeader, hashes, signal)).rejects.toThrow('nil on retrieval');
    rpc.handlers.eth_getTransactionReceipt = honest;
    expect(await basic.fetch(manyHeader, hashes, signal)).toHaveLength(hashes.length);
    expect(rpc.batches).toEqual([hashes.length, 1, 1]);
  });

  it('asks again only for the parts of a split batch that an endpoint turned away', async () => {
    const many = [...chain].sort((a, b) => b.receipts.length - a.receipts.length)[0];
    if (many === undefined) throw new Error('no blocks');
    const hashes = many.block.transactions.map(({ hash }) => hash as `0x${string}`);
    const asked: number[] = [];
    let isTurningAway = true;
    const server = await RpcTestServer.start(({ response, body }) => {
      const calls = body as { id: number; params: readonly unknown[] }[];
      asked.push(calls.length);
      if (isTurningAway && calls.some(({ params }) => params[0] === hashes[1])) {
        response.statusCode = 429;
        response.end('<html>slow down</html>');
        return;
      }
      sendJson(
        response,
        calls.map(({ id, params }) => ({
          ...{ jsonrpc: '2.0', id },
          result: many.receipts.find(({ transactionHash }) => transactionHash === params[0]),
        })),
      );
    });
    const client = new HttpRpcClient(
      { url: server.url, maxBatchSize: 1 },
      { clock: new SystemClock(), random: () => 0 },
    );
    try {
      const basic = new ReceiptsFetcher({ rpcKind: 'basic' }, { rpc: client, clock, log });
      const fetch = () => basic.fetch(parseRpcHeader(many.block), hashes, signal);
      await expect(fetch()).rejects.toMatchObject({ status: 429 });
      isTurningAway = false;
      asked.length = 0;
      expect(await fetch()).toHaveLength(hashes.length);
      expect(asked).toEqual([1]);
    } finally {
      await client.close();
      await server.stop();
    }
  });

  it('asks again for all of them when they did not match', async () => {
    const honest = rpc.handlers.eth_getTransactionReceipt as (p: readonly unknown[]) => unknown;
    rpc.handlers.eth_getTransactionReceipt = () => null;
    const basic = fetcher('basic');
    await expect(basic.fetch(header, txHashes, signal)).rejects.toThrow('nil on retrieval');
    rpc.handlers.eth_getTransactionReceipt = (params) => ({
      ...(honest(params) as Json),
      logsBloom: `0x${'00'.repeat(256)}`,
    });
    await expect(basic.fetch(header, txHashes, signal)).rejects.toThrow('do not match their root');
    rpc.handlers.eth_getTransactionReceipt = honest;
    expect(await basic.fetch(header, txHashes, signal)).toHaveLength(txHashes.length);
  });
});

describe('pickReceiptMethod', () => {
  it.each<readonly [RpcKind, number, ReceiptMethod]>([
    ['alchemy', 16, 'basic'],
    ['alchemy', 17, 'alchemy_getTransactionReceipts'],
    ['quicknode', 1, 'debug_getRawReceipts'],
    ['standard', 0, 'eth_getBlockReceipts'],
    ['basic', 500, 'basic'],
  ])('for kind %s with %d transactions is %s', (kind, txCount, method) => {
    expect(pickReceiptMethod(kind, methodsOfKind(kind), txCount)).toBe(method);
  });

  it('weighs the prices of what is left', () => {
    const left: ReadonlySet<ReceiptMethod> = new Set(['eth_getBlockReceipts']);
    expect(pickReceiptMethod('alchemy', left, 33)).toBe('basic');
    expect(pickReceiptMethod('alchemy', left, 34)).toBe('eth_getBlockReceipts');
    expect(pickReceiptMethod('quicknode', left, 29)).toBe('basic');
    expect(pickReceiptMethod('quicknode', left, 30)).toBe('eth_getBlockReceipts');
  });

  it('always ends at basic', () => {
    for (const kind of RPC_KINDS) expect(pickReceiptMethod(kind, new Set(), 1000)).toBe('basic');
  });
});
