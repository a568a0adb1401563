import { describe, expect, it } from 'vitest';
import { NodeError } from '../../../../src/errors/nodeError.js';
import {
  compareRollupConfig,
  identifyConsensus,
  identifyExecution,
  isNotOffered,
} from '../../../../src/follow/sources/sourceIdentity.js';
import { RpcError } from '../../../../src/transport/ports.js';
import { FakeRpcClient } from '../../../support/fakeRpcClient.js';
import { rollupConfigJson } from '../../../support/followWorld.js';
import { hashOf, TEST_ROLLUP } from '../../../support/l2Chain.js';

const GENESIS_HASH = TEST_ROLLUP.genesis.l2.hash;

interface Draft {
  l2_chain_id: unknown;
  genesis?: Partial<Record<'l1' | 'l2', { hash: string; number: number }>>;
}

function config(change: (json: Draft) => void): unknown {
  const json = structuredClone(rollupConfigJson()) as unknown as Draft;
  change(json);
  return json;
}

describe('compareRollupConfig', () => {
  it('knows our chain', () => {
    expect(compareRollupConfig(rollupConfigJson(), TEST_ROLLUP)).toEqual({ kind: 'same' });
  });

  it.each<[string, (json: Draft) => void]>([
    ['L2 chain id', (json) => (json.l2_chain_id = 902)],
    ['L2 genesis', (json) => Object.assign(json.genesis?.l2 ?? {}, { hash: hashOf('other') })],
    ['L2 genesis', (json) => Object.assign(json.genesis?.l2 ?? {}, { number: 7 })],
    ['L1 genesis', (json) => Object.assign(json.genesis?.l1 ?? {}, { hash: hashOf('other') })],
    ['L1 genesis', (json) => Object.assign(json.genesis?.l1 ?? {}, { number: 7 })],
  ])('sees another %s', (what, change) => {
    expect(compareRollupConfig(config(change), TEST_ROLLUP)).toMatchObject({ kind: 'other', what });
  });

  it.each([
    ['no object', null],
    ['no chain id', { genesis: {} }],
    ['a chain id as text', config((json) => (json.l2_chain_id = '901'))],
    ['no genesis', config((json) => delete json.genesis)],
    ['half a genesis', config((json) => delete json.genesis?.l1)],
  ])('cannot use an answer with %s', (_, json) => {
    expect(() => compareRollupConfig(json, TEST_ROLLUP)).toThrow(
      expect.objectContaining({ code: 'FOLLOW_STATUS_MALFORMED' }),
    );
  });
});

describe('isNotOffered', () => {
  it.each([
    [-32601, 'the method optimism_rollupConfig does not exist/is not available'],
    [-32004, 'unsupported'],
    [-32600, 'rpc method is not whitelisted'],
    [-32000, 'Method not found'],
    [-32000, 'this method is not supported'],
    [403, 'The method optimism_rollupConfig is not available on this plan'],
  ])('is what code %i with "%s" says', (code, message) => {
    expect(isNotOffered(new RpcError('m', code, message, undefined))).toBe(true);
  });

  it.each([
    [-32000, 'header not found'],
    [-32005, 'limit exceeded'],
    [-32603, 'internal error'],
  ])('is not what code %i with "%s" says', (code, message) => {
    expect(isNotOffered(new RpcError('m', code, message, undefined))).toBe(false);
  });

  it('is not a transport failure', () => {
    const error = new NodeError('TRANSPORT_FAILED', 'method not found', { severity: 'temporary' });
    expect(isNotOffered(error)).toBe(false);
  });
});

describe('identifyConsensus', () => {
  it('asks for the rollup config', async () => {
    const rpc = new FakeRpcClient({ optimism_rollupConfig: () => rollupConfigJson() });
    await expect(identifyConsensus(rpc, TEST_ROLLUP, {})).resolves.toEqual({ kind: 'same' });
    await expect(identifyConsensus(new FakeRpcClient({}), TEST_ROLLUP, {})).resolves.toEqual({
      kind: 'notOffered',
    });
  });
});

describe('identifyExecution', () => {
  function node(chainId: unknown, genesis: unknown): FakeRpcClient {
    return new FakeRpcClient({
      eth_chainId: () => chainId,
      eth_getBlockByNumber: () => genesis,
    });
  }

  it('compares chain id and genesis block', async () => {
    const identify = (rpc: FakeRpcClient): ReturnType<typeof identifyExecution> =>
      identifyExecution(rpc, TEST_ROLLUP, {});
    await expect(identify(node('0x385', { hash: GENESIS_HASH }))).resolves.toEqual({
      kind: 'same',
    });
    await expect(identify(node('0x386', { hash: GENESIS_HASH }))).resolves.toMatchObject({
      ...{ kind: 'other', what: 'L2 chain id', expected: '901', actual: '902' },
    });
    await expect(identify(node('0x385', { hash: hashOf('x') }))).resolves.toMatchObject({
      ...{ kind: 'other', what: 'L2 genesis' },
    });
    await expect(identify(node('0x385', null))).resolves.toEqual({ kind: 'notOffered' });
    await expect(identify(node(901, { hash: GENESIS_HASH }))).rejects.toThrow('chain id');
  });
});
