import { describe, expect, it } from 'vitest';
import { readEnv, unknownEnv } from '../../../config/readEnv.js';

function valuesOf(env: Record<string, string>): Record<string, unknown> {
  const { settings, problems } = readEnv(env);
  expect(problems).toEqual([]);
  return Object.fromEntries(settings.map((setting) => [setting.name, setting.value]));
}

describe('readEnv', () => {
  it('reads each kind', () => {
    expect(
      valuesOf({
        OP_NODE_L1_ETH_RPC: 'http://a',
        OP_NODE_P2P_DISABLE: 'true',
        OP_NODE_RPC_PORT: '0',
        OP_NODE_L1_HTTP_POLL_INTERVAL: '500ms',
        OP_NODE_L2_FOLLOW_SOURCE: 'http://a, http://b',
        OP_NODE_OVERRIDE_KARST: '7',
        OTHER: 'x',
      }),
    ).toEqual({
      l1: 'http://a',
      'p2p.disable': true,
      'rpc.port': 0,
      'l1.http-poll-interval': 500,
      'l2.follow.source': ['http://a', 'http://b'],
      'override.karst': 7n,
    });
  });

  it('takes the first variable of a flag that is set', () => {
    const first = { OP_NODE_L1_BEACON_FALLBACKS: 'http://a' };
    const second = { OP_NODE_L1_BEACON_ARCHIVER: 'http://b' };
    expect(valuesOf(second)).toEqual({ 'l1.beacon-fallbacks': ['http://b'] });
    expect(valuesOf({ ...second, ...first })).toEqual({ 'l1.beacon-fallbacks': ['http://a'] });
  });

  it('takes an empty variable as an empty text, an empty list and false, and leaves the other kinds alone', () => {
    expect(
      valuesOf({
        OP_NODE_NETWORK: '',
        OP_NODE_P2P_BOOTNODES: '',
        OP_NODE_P2P_NAT: '',
        OP_NODE_RPC_PORT: '',
        OP_NODE_SYNCMODE: '',
        OP_NODE_L1_ETH_RPC: '',
        OP_NODE_L1_HTTP_POLL_INTERVAL: '',
      }),
    ).toEqual({ network: '', 'p2p.bootnodes': [], 'p2p.nat': false });
  });

  it('names the variable of a bad value', () => {
    expect(readEnv({ OP_NODE_L1_TRUST_RPC: 'yes' }).problems).toEqual([
      '--l1.trustrpc (OP_NODE_L1_TRUST_RPC): "yes": expected true or false',
    ]);
  });
});

describe('unknownEnv', () => {
  it('lists variables with the prefix that no flag has', () => {
    const env = { OP_NODE_ZZZ: '1', OP_NODE_L1_ETH_RPC: 'x', OP_BATCHER_X: '', OP_NODE_AAA: '' };
    expect(unknownEnv(env)).toEqual(['OP_NODE_AAA', 'OP_NODE_ZZZ']);
  });
});
