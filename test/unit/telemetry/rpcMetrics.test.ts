import { describe, expect, it } from 'vitest';
import { PromRegistry } from '../../../src/telemetry/promRegistry.js';
import { RpcClientMetrics, RpcServerMetrics } from '../../../src/telemetry/rpcMetrics.js';
import { FakeMetrics } from '../../support/fakeMetrics.js';

describe.each([
  ['client', RpcClientMetrics, 'notifications_received_total'],
  ['server', RpcServerMetrics, 'notifications_sent_total'],
] as const)('RPC %s metrics', (side, Metrics, notifications) => {
  function setUp() {
    const metrics = new FakeMetrics();
    let now = 1000;
    const recorder = new Metrics(metrics, () => now).recorder('main');
    const labels = { rpc: 'main', method: 'm' };
    const value = (name: string, more = {}) =>
      metrics.value(`rpc_${side}_${name}`, { ...labels, ...more });
    const pass = (ms: number) => {
      now += ms;
    };
    return { metrics, recorder, labels, value, pass };
  }

  it('counts a call when it starts and its answer when it ends', () => {
    const { recorder, value, metrics, labels, pass } = setUp();
    const done = recorder.start('m', 12);
    expect([value('requests_total'), value('params_size_total')]).toEqual([1, 12]);
    expect(value('responses_total', { error: '<nil>' })).toBeUndefined();
    pass(250);
    done({ errorCode: null, bytes: 99 });
    expect(value('responses_total', { error: '<nil>' })).toBe(1);
    expect(value('results_size_total')).toBe(99);
    expect(metrics.observations(`rpc_${side}_request_duration_seconds`, labels)).toEqual([0.25]);
  });

  it('labels an error with its code and counts no result for it', () => {
    const { recorder, value } = setUp();
    recorder.start('m', 0)({ errorCode: -32601, bytes: 50 });
    expect(value('responses_total', { error: 'rpc_-32601' })).toBe(1);
    expect(value('results_size_total')).toBeUndefined();
  });

  it('times a call without an answer but counts no response', () => {
    const { recorder, value } = setUp();
    recorder.start('m', 0)(null);
    expect(value('request_duration_seconds')).toBe(1);
    expect(value('responses_total', { error: '<nil>' })).toBeUndefined();
  });

  it('counts notifications', () => {
    const { recorder, value } = setUp();
    recorder.notification('m');
    expect(value(notifications)).toBe(1);
  });
});

describe('RPC server metrics', () => {
  it('count a call that is answered at once as any other, which took no time', () => {
    const metrics = new FakeMetrics();
    const recorder = new RpcServerMetrics(metrics, () => 1000).recorder('main');
    const labels = { rpc: 'main', method: 'm' };
    const value = (name: string, more = {}) =>
      metrics.value(`rpc_server_${name}`, { ...labels, ...more });
    recorder.answered('m', 12, { errorCode: null, bytes: 99 });
    recorder.answered('m', 0, { errorCode: -32601, bytes: 0 });
    expect([value('requests_total'), value('params_size_total')]).toEqual([2, 12]);
    expect(value('responses_total', { error: '<nil>' })).toBe(1);
    expect(value('responses_total', { error: 'rpc_-32601' })).toBe(1);
    expect(value('results_size_total')).toBe(99);
    const durations = metrics.observations('rpc_server_request_duration_seconds', labels);
    expect(durations).toEqual([0, 0]);
  });
});

describe('RPC metrics in one registry', () => {
  it('have the names, labels and buckets of op-node', async () => {
    const registry = new PromRegistry();
    const client = new RpcClientMetrics(registry, () => 0).recorder('l1');
    const server = new RpcServerMetrics(registry, () => 0).recorder('main');
    for (const recorder of [client, server]) {
      recorder.start('eth_x', 1)({ errorCode: null, bytes: 2 });
      recorder.notification('eth_n');
    }
    const text = await registry.expose();
    const names = [...text.matchAll(/^# TYPE op_node_default_(rpc_\S+) (\S+)/gm)];
    expect(names.map(([, name, type]) => `${name} ${type}`).sort()).toEqual([
      'rpc_client_notifications_received_total counter',
      'rpc_client_params_size_total counter',
      'rpc_client_request_duration_seconds histogram',
      'rpc_client_requests_total counter',
      'rpc_client_responses_total counter',
      'rpc_client_results_size_total counter',
      'rpc_server_notifications_sent_total counter',
      'rpc_server_params_size_total counter',
      'rpc_server_request_duration_seconds histogram',
      'rpc_server_requests_total counter',
      'rpc_server_responses_total counter',
      'rpc_server_results_size_total counter',
    ]);
    const buckets = [...text.matchAll(/client_request_duration_seconds_bucket\{le="([^"]+)"/g)];
    expect(buckets.map(([, le]) => le)).toEqual(
      '0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf'.split(' '),
    );
    expect(text).toContain('rpc_client_responses_total{rpc="l1",method="eth_x",error="<nil>"} 1');
  });
});
