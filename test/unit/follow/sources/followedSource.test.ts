import { beforeEach, describe, expect, it } from 'vitest';
import { NodeError } from '../../../../src/errors/nodeError.js';
import { FollowMetrics } from '../../../../src/follow/followMetrics.js';
import { FollowedSource } from '../../../../src/follow/sources/followedSource.js';
import { RpcError } from '../../../../src/transport/ports.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeExecutionNode } from '../../../support/fakeExecutionNode.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { FakeMetrics } from '../../../support/fakeMetrics.js';
import type { FakeRpcClient } from '../../../support/fakeRpcClient.js';
import {
  FakeSource,
  refsOn,
  rollupConfigJson,
  SOURCE_DOWN,
  statusOf,
} from '../../../support/followWorld.js';
import { GENESIS_REF, TEST_ROLLUP } from '../../../support/l2Chain.js';
import { recordedConfig } from '../../../support/recordedConfig.js';
import { readWorldJson } from '../../../support/recordedWorld.js';

const SIGNAL = new AbortController().signal;
const CHAIN = refsOn(GENESIS_REF, 9);

let clock: FakeClock;
let log: FakeLogger;

beforeEach(() => {
  clock = new FakeClock();
  log = new FakeLogger();
});

function probed(
  rpc: FakeRpcClient,
  config: ConstructorParameters<typeof FollowedSource>[0]['config'] = TEST_ROLLUP,
): FollowedSource {
  const options = { index: 0, name: 'source', rpcTimeoutMs: 1_000, config };
  const metrics = new FollowMetrics(new FakeMetrics());
  return new FollowedSource(options, {
    ...{ rpc, clock, random: () => 0, metrics, log },
    l1Head: () => null,
    push: null,
  });
}

describe('a consensus node', () => {
  let node: FakeSource;
  beforeEach(() => {
    node = new FakeSource();
    node.status = statusOf(CHAIN, { safe: 5 });
  });

  it('is asked for its chain once, then only for its status', async () => {
    const source = probed(node.rpc);
    for (let i = 0; i < 5; i += 1) {
      await expect(source.read(SIGNAL)).resolves.toMatchObject({ kind: 'read' });
    }
    expect(source.executionRpc).toBeNull();
    expect(node.rpc.count('optimism_rollupConfig')).toBe(1);
  });

  it('of another chain is never followed, and asked again ever more seldom', async () => {
    node.config = { ...rollupConfigJson(), l2_chain_id: 10 };
    const source = probed(node.rpc);
    const asked: number[] = [];
    for (let seconds = 0; seconds < 1_500; seconds += 1) {
      const before = node.rpc.count('optimism_rollupConfig');
      await expect(source.read(SIGNAL)).resolves.toMatchObject({
        ...{ kind: 'held', why: 'refused', result: 'error_invalid_state' },
      });
      if (node.rpc.count('optimism_rollupConfig') > before) asked.push(seconds);
      await clock.advance(1_000);
    }
    expect(asked).toEqual([0, 10, 30, 70, 150, 310, 610, 910, 1_210]);
    expect(log.find('Follow source serves another chain and is not followed')[0]).toMatchObject({
      level: 'error',
      fields: { what: 'L2 chain id', expected: '901', actual: '10' },
    });
  });

  it('is followed when it has become a node of our chain', async () => {
    node.config = { ...rollupConfigJson(), l2_chain_id: 10 };
    const source = probed(node.rpc);
    await source.read(SIGNAL);
    node.config = rollupConfigJson();
    await clock.advance(10_000);
    await expect(source.read(SIGNAL)).resolves.toMatchObject({ kind: 'read' });
  });

  it('is asked for its chain again after it failed', async () => {
    const source = probed(node.rpc);
    await source.read(SIGNAL);
    node.fault = SOURCE_DOWN;
    await expect(source.read(SIGNAL)).resolves.toMatchObject({
      ...{ kind: 'held', why: 'failed', result: 'error_fetch_status' },
    });
    node.fault = null;
    node.config = { ...rollupConfigJson(), l2_chain_id: 10 };
    await expect(source.read(SIGNAL)).resolves.toMatchObject({
      reason: 'source serves another chain',
    });
  });

  it('that does not say its chain is followed after one warning', async () => {
    const source = probed(node.rpc);
    const { optimism_rollupConfig: _, ...rest } = node.rpc.handlers;
    Object.assign(node.rpc, { handlers: rest });
    await expect(source.read(SIGNAL)).resolves.toMatchObject({ kind: 'read' });
    node.fault = SOURCE_DOWN;
    await source.read(SIGNAL);
    node.fault = null;
    await source.read(SIGNAL);
    expect(log.messages('warn')).toEqual([
      'Follow source does not say which chain it serves; following it unasked',
    ]);
  });

  it('whose chain cannot be asked right now is not followed in this poll', async () => {
    node.config = { l2_chain_id: 'nonsense' };
    await expect(probed(node.rpc).read(SIGNAL)).resolves.toMatchObject({
      result: 'error_fetch_status',
    });
  });

  it.each([
    ['garbage', 'x'],
    ['nothing', null],
    ['a truncated status', { safe_l2: {} }],
  ])('that answers %s has failed', async (_, raw) => {
    node.raw = raw;
    await expect(probed(node.rpc).read(SIGNAL)).resolves.toMatchObject({
      ...{ why: 'failed', result: 'error_fetch_status' },
      fields: { code: 'FOLLOW_STATUS_MALFORMED' },
    });
  });

  it.each([
    'TRANSPORT_TIMEOUT',
    'TRANSPORT_TOO_LARGE',
    'TRANSPORT_MALFORMED',
    'TRANSPORT_HTTP_STATUS',
  ] as const)('that fails with %s has failed', async (code) => {
    node.fault = new NodeError(code, 'injected', { severity: 'temporary' });
    await expect(probed(node.rpc).read(SIGNAL)).resolves.toMatchObject({
      ...{ why: 'failed', result: 'error_fetch_status', fields: { code } },
    });
  });

  it('passes on that it was stopped', async () => {
    node.fault = new NodeError('ABORTED', 'stopped', { severity: 'temporary' });
    await expect(probed(node.rpc).read(SIGNAL)).rejects.toBe(node.fault);
  });
});

describe('an execution client', () => {
  const rollup = readWorldJson('forks', 'rollup.json');
  const config = { ...recordedConfig('forks'), l2ChainId: BigInt(rollup.l2_chain_id as number) };
  let node: FakeExecutionNode;
  beforeEach(() => {
    node = new FakeExecutionNode('forks');
    Object.assign(node.tags, { latest: 129, safe: 120, finalized: 60 });
  });

  it('is one that does not know optimism_syncStatus and says its chain id', async () => {
    const source = probed(node.rpc, config);
    expect(source.executionRpc).toBeNull();
    await expect(source.read(SIGNAL)).resolves.toMatchObject({
      ...{ kind: 'read', status: { safe: { number: 120n }, currentL1: null } },
    });
    expect(source.executionRpc).toBe(node.rpc);
    await source.read(SIGNAL);
    expect(node.rpc.count('optimism_syncStatus')).toBe(1);
    await expect(source.blockRefByNumber(7n, SIGNAL)).resolves.toMatchObject({ number: 7n });
  });

  it('of another chain is not followed', async () => {
    node.chainId = '0x1';
    const source = probed(node.rpc, config);
    await expect(source.read(SIGNAL)).resolves.toMatchObject({
      reason: 'source serves another chain',
    });
    expect(source.executionRpc).toBeNull();
  });

  it('with another genesis block is not followed', async () => {
    const genesis = { ...config.genesis, l2: { ...config.genesis.l2, hash: node.block(3).hash } };
    const source = probed(node.rpc, { ...config, genesis });
    await expect(source.read(SIGNAL)).resolves.toMatchObject({
      ...{ reason: 'source serves another chain', fields: { what: 'L2 genesis' } },
    });
  });

  it('without one of its labels is starting: failed, but not refused', async () => {
    delete node.tags.safe;
    await expect(probed(node.rpc, config).read(SIGNAL)).resolves.toMatchObject({
      ...{ why: 'failed', result: 'error_invalid_state', fields: { tag: 'safe' } },
    });
  });

  it('is probed anew when it does not offer its methods any more', async () => {
    const source = probed(node.rpc, config);
    await source.read(SIGNAL);
    const original = { ...node.rpc.handlers };
    Object.assign(node.rpc, { handlers: {} });
    await expect(source.read(SIGNAL)).resolves.toMatchObject({ result: 'error_fetch_status' });
    expect(source.executionRpc).toBeNull();
    Object.assign(node.rpc, { handlers: original });
    await source.read(SIGNAL);
    expect(source.executionRpc).toBe(node.rpc);
  });
});

it('is neither when nothing at all is offered', async () => {
  const node = new FakeSource();
  node.fault = new RpcError('any', -32601, 'nothing here', undefined);
  const source = probed(node.rpc);
  await expect(source.read(SIGNAL)).resolves.toMatchObject({
    ...{ result: 'error_fetch_status', fields: { error: 'nothing here' } },
  });
  expect(source.executionRpc).toBeNull();
});
