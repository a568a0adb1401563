import { beforeEach, describe, expect, it } from 'vitest';
import { makeCacheMetrics } from '../../../src/telemetry/cacheMetrics.js';
import { RefMetrics } from '../../../src/telemetry/refMetrics.js';
import { ZERO_L2_REF } from '../../../src/types/block.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeMetrics } from '../../support/fakeMetrics.js';

const HASH = `0x0102030405060708${'ff'.repeat(24)}` as const;
const OTHER = `0x${'11'.repeat(32)}` as const;

let metrics: FakeMetrics;
let clock: FakeClock;
let refs: RefMetrics;

beforeEach(() => {
  metrics = new FakeMetrics();
  clock = new FakeClock(100_000);
  refs = new RefMetrics({ registry: metrics, clock });
});

describe('RefMetrics', () => {
  const l1 = { layer: 'l1', type: 'l1_head' };
  const ref = { hash: HASH, parentHash: OTHER, number: 7n, timestamp: 90n };

  it('records number, time, hash and latency of an L1 ref', () => {
    refs.recordL1Ref('l1_head', ref);
    expect(metrics.value('refs_number', l1)).toBe(7);
    expect(metrics.value('refs_time', l1)).toBe(90);
    expect(metrics.value('refs_hash', l1)).toBe(Number(0x0807060504030201n));
    expect(metrics.value('refs_latency', l1)).toBe(-10);
  });

  it('records the latency of the first sight of a block only', async () => {
    refs.recordL1Ref('l1_head', ref);
    await clock.advance(5_000);
    refs.recordL1Ref('l1_head', ref);
    expect(metrics.value('refs_latency', l1)).toBe(-10);
    refs.recordL1Ref('l1_head', { ...ref, hash: OTHER });
    expect(metrics.value('refs_latency', l1)).toBe(-15);
  });

  it('records an L2 ref with its origin and sequence number', () => {
    const l1Origin = { hash: OTHER, number: 3n };
    refs.recordL2Ref('l2_safe', { ...ref, l1Origin, sequenceNumber: 4n });
    expect(metrics.value('refs_number', { layer: 'l2', type: 'l2_safe' })).toBe(7);
    expect(metrics.value('refs_number', { layer: 'l1_origin', type: 'l2_safe' })).toBe(3);
    expect(metrics.value('refs_time', { layer: 'l1_origin', type: 'l2_safe' })).toBeUndefined();
    expect(metrics.value('refs_seqnr', { type: 'l2_safe' })).toBe(4);
  });

  it('records no time for a ref that is not known', () => {
    refs.recordL2Ref('l2_backup_unsafe', ZERO_L2_REF);
    const labels = { layer: 'l2', type: 'l2_backup_unsafe' };
    expect(metrics.value('refs_hash', labels)).toBe(0);
    expect(metrics.value('refs_latency', labels)).toBeUndefined();
  });
});

describe('makeCacheMetrics', () => {
  it('records size, hits and evictions by cache', () => {
    const observer = makeCacheMetrics(metrics, 'l1_source_cache', 'L1 Source cache')('headers');
    observer.got(true);
    observer.got(false);
    observer.added(3, false);
    observer.added(3, true);
    const value = (name: string, labels: object): unknown =>
      metrics.value(`l1_source_cache_${name}`, { type: 'headers', ...labels });
    expect(value('size', {})).toBe(3);
    expect([value('get', { hit: 'true' }), value('get', { hit: 'false' })]).toEqual([1, 1]);
    expect(value('add', { evicted: 'true' })).toBe(1);
    expect(value('add', { evicted: 'false' })).toBe(1);
  });
});
