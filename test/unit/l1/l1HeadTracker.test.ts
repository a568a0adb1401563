import { beforeEach, expect, it } from 'vitest';
import { L1HeadTracker } from '../../../src/l1/l1HeadTracker.js';
import { makeL1Metrics } from '../../../src/l1/l1Metrics.js';
import { WatchCell } from '../../../src/runtime/watch.js';
import { RefMetrics } from '../../../src/telemetry/refMetrics.js';
import type { L1BlockRef } from '../../../src/types/block.js';
import { UNKNOWN_L1_HEADS } from '../../../src/types/l1Heads.js';
import { FakeClock } from '../../support/fakeClock.js';
import { FakeLogger } from '../../support/fakeLogger.js';
import { FakeMetrics } from '../../support/fakeMetrics.js';

const hash = (byte: string): `0x${string}` => `0x${byte.repeat(32)}`;
const block = (number: bigint, own: string, parent: string): L1BlockRef => ({
  hash: hash(own),
  number,
  parentHash: hash(parent),
  timestamp: number * 12n,
});

let heads: WatchCell<typeof UNKNOWN_L1_HEADS>;
let log: FakeLogger;
let metrics: FakeMetrics;
let tracker: L1HeadTracker;

beforeEach(() => {
  heads = new WatchCell(UNKNOWN_L1_HEADS);
  log = new FakeLogger();
  metrics = new FakeMetrics();
  const refs = new RefMetrics({ registry: metrics, clock: new FakeClock(1_000) });
  tracker = new L1HeadTracker({
    heads,
    log,
    recordL1Ref: (type, ref) => refs.recordL1Ref(type, ref),
    recordReorgDepth: makeL1Metrics(metrics).recordReorgDepth,
  });
});

it('names each kind of head move as op-node does', () => {
  tracker.onHead(block(10n, 'a0', '90'));
  tracker.onHead(block(10n, 'a0', '90'));
  tracker.onHead(block(11n, 'b0', 'a0'));
  tracker.onHead(block(14n, 'e0', 'd0'));
  expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
    ['info', 'Received first L1 head signal'],
    ['trace', 'Received L1 head signal that is the same as the current head'],
    ['debug', 'L1 head moved forward'],
    ['warn', 'L1 head signal indicates a possible L1 re-org'],
  ]);
  expect(metrics.observations('l1_reorg_depth')).toEqual([]);
});

it('counts the depth of a reorg that does not go up', () => {
  tracker.onHead(block(10n, 'a0', '90'));
  tracker.onHead(block(10n, 'a1', '91'));
  tracker.onHead(block(7n, '71', '61'));
  expect(metrics.observations('l1_reorg_depth')).toEqual([0, 3]);
  expect(heads.get().head.hash).toBe(hash('71'));
});

it('publishes a new object for a change only, the other heads kept', () => {
  const head = block(10n, 'a0', '90');
  const safe = block(8n, '80', '70');
  const finalized = block(6n, '60', '50');
  tracker.onHead(head);
  tracker.onSafe(safe);
  tracker.onFinalized(finalized);
  const published = heads.get();
  expect(published).toEqual({ head, safe, finalized });
  tracker.onHead(head);
  tracker.onSafe(safe);
  tracker.onFinalized(finalized);
  expect(heads.get()).toBe(published);
  expect(log.messages('info').slice(1)).toEqual(['New L1 safe block', 'New L1 finalized block']);
});

it('records the refs under their names', () => {
  tracker.onHead(block(10n, 'a0', '90'));
  tracker.onSafe(block(8n, '80', '70'));
  tracker.onFinalized(block(6n, '60', '50'));
  const value = (type: string): unknown => metrics.value('refs_number', { layer: 'l1', type });
  expect([value('l1_head'), value('l1_safe'), value('l1_finalized')]).toEqual([10, 8, 6]);
});
