import { describe, expect, it } from 'vitest';
import { l1Check } from '../../../src/doctor/checks/l1.js';
import { receiptsCheck } from '../../../src/doctor/checks/receipts.js';
import { RpcError } from '../../../src/transport/ports.js';
import { HttpStatusError, transportFailed } from '../../../src/transport/transportErrors.js';
import { wrongIn } from '../../support/doctorContext.js';
import { FakeClock } from '../../support/fakeClock.js';
import type { RpcHandler } from '../../support/fakeRpcClient.js';
import { FakeRpcClient } from '../../support/fakeRpcClient.js';
import {
  L1_CHAIN,
  L1_HEAD,
  l1Handlers,
  ROLLUP_JSON,
  recordedDoctor,
} from '../../support/recordedDoctor.js';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const fails = (error: Error): RpcHandler => {
  return () => {
    throw error;
  };
};

/** The check of an L1 that is the recorded one but for these handlers. */
const checked = (handlers: Readonly<Record<string, RpcHandler>>, lateSec = 0) =>
  l1Check.run(
    recordedDoctor({
      l1: { ...l1Handlers(), ...handlers },
      clock: new FakeClock((Number(L1_HEAD.timestamp) + lateSec) * 1_000),
    }),
  );

describe('the check of L1', () => {
  it('finds nothing wrong with the L1 of the chain', async () => {
    expect(await checked({})).toEqual([
      { level: 'ok', code: null, text: 'L1 at http://l1 serves chain 900, head 89' },
    ]);
  });

  it.each([
    ['another chain id', { eth_chainId: () => '0x1' }, 'error l1-wrong-chain'],
    [
      'a block that was not asked for',
      { eth_getBlockByNumber: () => ({ ...L1_CHAIN[5]?.block, transactions: [] }) },
      'error l1-unreachable',
    ],
    [
      'no answer',
      { eth_chainId: fails(transportFailed('http://l1', refused)) },
      'error l1-unreachable',
    ],
    ['a chain id that is none', { eth_chainId: () => ({ a: 1 }) }, 'error l1-unreachable'],
    ['a head that is none', { eth_getBlockByNumber: () => 'latest' }, 'error l1-unreachable'],
    [
      'a sync of its own',
      { eth_syncing: () => ({ currentBlock: '0x1', highestBlock: '0x9' }) },
      'error l1-syncing',
    ],
    ['a sync that says nothing', { eth_syncing: () => ({}) }, 'error l1-syncing'],
  ])('tells of %s', async (_, handlers, expected) => {
    expect(wrongIn(await checked(handlers))).toEqual([expected]);
  });

  it.each([
    [
      'a sync from nothing to nothing',
      { eth_syncing: () => ({ currentBlock: '0x0', highestBlock: '0x0' }) },
    ],
    ['no word of a sync', { eth_syncing: fails(new RpcError('eth_syncing', -32601, 'no', null)) }],
  ])('takes %s for none', async (_, handlers) => {
    expect(wrongIn(await checked(handlers))).toEqual([]);
  });

  it('names both genesis hashes', async () => {
    const other = `0x${'12'.repeat(32)}`;
    const genesis = { ...(ROLLUP_JSON.genesis as object), l1: { hash: other, number: 0 } };
    const context = recordedDoctor({
      configFiles: { 'world.json': { ...ROLLUP_JSON, genesis } },
    });
    const [finding] = await l1Check.run(context);
    expect(finding?.code).toBe('l1-wrong-chain');
    expect(finding?.text).toContain(L1_CHAIN[0]?.block.hash);
    expect(finding?.text).toContain(other);
  });

  it('takes a head of five minutes, and no older one', async () => {
    expect(wrongIn(await checked({}, 300))).toEqual([]);
    const findings = await checked({}, 301);
    expect(findings[0]?.text).toBe('The newest block of the L1 at http://l1 (89) is 5 minutes old');
    expect(wrongIn(findings)).toEqual(['error l1-stale']);
  });

  it('says why it cannot be used', async () => {
    const [finding] = await checked({ eth_chainId: fails(transportFailed('http://l1', refused)) });
    expect(finding?.text).toBe('The L1 at http://l1 cannot be used: nothing listens there');
  });

  it.each([
    [new HttpStatusError('http://l1', 429, 'slow down'), 'warning l1-rate-limited'],
    [new HttpStatusError('http://l1', 400, 'no batches'), 'warning l1-batch-refused'],
  ])('sends one batch as large as the node does', async (error, expected) => {
    const context = recordedDoctor({ flags: ['--l1.rpc-max-batch-size=7'] });
    const sizes: number[] = [];
    const { l1 } = context;
    if (l1 === null) throw new Error('there is an L1');
    const batch = async (calls: readonly unknown[]): Promise<never> => {
      sizes.push(calls.length);
      throw error;
    };
    const rpc = Object.assign(Object.create(l1.rpc) as typeof l1.rpc, { batch });
    expect(wrongIn(await l1Check.run({ ...context, l1: { ...l1, rpc } }))).toEqual([expected]);
    expect(sizes).toEqual([7]);
  });

  it('sends no batch where a limit is kept', async () => {
    const { l1, ...context } = recordedDoctor({ flags: ['--l1.rpc-rate-limit=1'] });
    const rpc = new FakeRpcClient(l1Handlers());
    await l1Check.run({ ...context, l1: l1 === null ? null : { ...l1, rpc } });
    expect(rpc.calls.length).toBeGreaterThan(0);
    expect(rpc.batches).toEqual([]);
  });

  it('warns of a follower without one', async () => {
    const flags = ['--l1=', '--l2.follow.source=http://s', '--p2p.disable'];
    const findings = await l1Check.run(recordedDoctor({ flags }));
    expect(wrongIn(findings)).toEqual(['warning l1-not-given']);
  });
});

describe('the check of receipts', () => {
  const receipts = (handlers: Readonly<Record<string, RpcHandler>>, ...flags: readonly string[]) =>
    receiptsCheck.run(recordedDoctor({ l1: { ...l1Handlers(), ...handlers }, flags }));
  const gone = fails(new RpcError('eth_getBlockReceipts', -32601, 'no such method', null));

  it('finds nothing wrong where they match their root', async () => {
    const [finding] = await receipts({});
    expect(finding).toMatchObject({ level: 'ok', code: null });
  });

  it('names the method that the kind stands for and the endpoint lacks', async () => {
    const findings = await receipts({ eth_getBlockReceipts: gone });
    expect(findings).toEqual([
      {
        level: 'warning',
        code: 'l1-receipts-method',
        text: 'The L1 at http://l1 does not offer eth_getBlockReceipts, as --l1.rpckind=standard says',
      },
    ]);
  });

  it('says nothing of those that are tried with the kind any', async () => {
    expect(wrongIn(await receipts({}, '--l1.rpckind=any'))).toEqual([]);
  });

  it.each([
    ['are refused in every way', { eth_getBlockReceipts: gone, eth_getTransactionReceipt: gone }],
    ['are missing', { eth_getBlockReceipts: () => null }],
    ['are of another block', { eth_getBlockReceipts: () => L1_CHAIN[20]?.receipts }],
    ['are no receipts', { eth_getBlockReceipts: () => [1, 'x', null] }],
  ])('says that they %s', async (_, handlers) => {
    expect(wrongIn(await receipts(handlers))).toEqual(['error l1-receipts-failed']);
  });

  it('is silent where L1 does not answer: that is told already', async () => {
    const eth_getBlockByNumber = fails(transportFailed('http://l1', refused));
    expect(await receipts({ eth_getBlockByNumber })).toEqual([]);
  });

  it('is not made by a follower, which reads none', async () => {
    expect(await receipts({ eth_getBlockReceipts: gone }, '--l2.follow.source=http://s')).toEqual(
      [],
    );
  });
});
