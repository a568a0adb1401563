import { describe, expect, it } from 'vitest';
import { addressSpaceLimit, networkBytes } from '../../../src/telemetry/processMetrics.js';
import { PromRegistry } from '../../../src/telemetry/promRegistry.js';

const LIMITS = [
  'Limit                     Soft Limit           Hard Limit           Units     ',
  'Max address space         4096                 unlimited            bytes     ',
].join('\n');
const NETSTAT = [
  'TcpExt: SyncookiesSent InOctets',
  'TcpExt: 1 2',
  'IpExt: InNoRoutes InOctets OutOctets',
  'IpExt: 0 12345 678',
].join('\n');

describe('metrics of the process', () => {
  it('read the limit of its address space', () => {
    expect(addressSpaceLimit(LIMITS)).toBe(4096);
    expect(addressSpaceLimit(LIMITS.replace('4096', 'unlimited'))).toBe(2 ** 64);
    expect(addressSpaceLimit('')).toBeNull();
  });

  it('read what went over the network', () => {
    expect(networkBytes(NETSTAT, 'InOctets')).toBe(12_345);
    expect(networkBytes(NETSTAT, 'OutOctets')).toBe(678);
    expect(networkBytes(NETSTAT, 'Other')).toBeNull();
    expect(networkBytes('', 'InOctets')).toBeNull();
  });

  it('count expositions as Go does: one that is being written is not done', async () => {
    const registry = new PromRegistry();
    const lines = (text: string) => text.split('\n').filter((line) => line.startsWith('promhttp_'));
    expect(lines(await registry.expose())).toEqual([
      'promhttp_metric_handler_requests_in_flight 1',
      'promhttp_metric_handler_requests_total{code="200"} 0',
      'promhttp_metric_handler_requests_total{code="500"} 0',
      'promhttp_metric_handler_requests_total{code="503"} 0',
    ]);
    expect(await registry.expose()).toContain('requests_total{code="200"} 1');
  });
});
