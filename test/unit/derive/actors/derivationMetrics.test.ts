import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DerivationMetrics } from '../../../../src/derive/actors/derivationMetrics.js';
import { makeDerivationMetrics } from '../../../../src/derive/actors/derivationMetrics.js';
import { PromRegistry } from '../../../../src/telemetry/promRegistry.js';
import { l1Block } from '../../../support/deriveFakes.js';
import { FakeClock } from '../../../support/fakeClock.js';
import { FakeLogger } from '../../../support/fakeLogger.js';
import { FakeMetrics } from '../../../support/fakeMetrics.js';
import { worldPath } from '../../../support/recordedWorld.js';

/** Of derivation, not of op-node's other parts. */
const OWN = /^(?:last_)?(?:channel|derivation|derived|frame|head_channel|pipeline)_/;

describe('metrics of derivation', () => {
  let metrics: FakeMetrics;
  let refs: string[];
  let log: FakeLogger;
  let made: DerivationMetrics;

  beforeEach(() => {
    metrics = new FakeMetrics();
    refs = [];
    log = new FakeLogger();
    made = makeDerivationMetrics({
      registry: metrics,
      refs: { recordL1Ref: (type, ref) => refs.push(`${type} ${ref.number}`) },
      clock: new FakeClock(50_000),
      log,
    });
  });

  it("has op-node's names, help texts and types", () => {
    const registry = new PromRegistry();
    makeDerivationMetrics({
      registry,
      refs: { recordL1Ref: () => undefined },
      clock: new FakeClock(),
      log,
    });
    const recorded = gunzipSync(readFileSync(worldPath('forks', 'op-node-metrics.txt.gz')));
    const theirs = [...recorded.toString().matchAll(/^# HELP op_node_default_(\S+) (.*)$/gm)]
      .map(([, name = '', help = '']) => ({ name, help }))
      .filter(({ name }) => OWN.test(name));
    const ours = registry.registered.map(({ spec: { name, help } }) => ({ name, help }));
    expect(theirs.length).toBeGreaterThan(10);
    expect(ours).toEqual(expect.arrayContaining(theirs));
    const own = ours.filter(({ name }) => !theirs.some((metric) => metric.name === name));
    expect(own.map(({ name }) => name)).toEqual([
      'l1_prefetch_blocks',
      'l1_prefetch_bytes',
      'finality_held_back',
    ]);
  });

  it('counts what passes through the pipeline, and when it did last', () => {
    const { observer, recorder } = made;
    observer.channelInputBytes(7);
    observer.channelInputBytes(5);
    observer.headChannelOpened();
    observer.channelTimedOut();
    observer.frameAdded();
    observer.batchDerived('span');
    recorder.pipelineReset();
    recorder.failed();
    expect(metrics.value('channel_input_bytes')).toBe(12);
    for (const name of [
      'head_channel',
      'channel_timeout',
      'frame_added',
      'pipeline_resets',
      'derivation_errors',
    ]) {
      expect(metrics.value(`${name}_total`)).toBe(1);
      expect(metrics.value(`last_${name}_unix`)).toBe(50);
    }
    expect(metrics.value('derived_batches_total', { type: 'span' })).toBe(1);
    expect(metrics.value('last_derived_batches_unix', { type: 'span' })).toBe(50);
  });

  it('shows whether finality waits for more than is remembered', () => {
    expect(metrics.value('finality_held_back')).toBe(0);
    made.recordHeldBack(true);
    expect(metrics.value('finality_held_back')).toBe(1);
    made.recordHeldBack(false);
    expect(metrics.value('finality_held_back')).toBe(0);
  });

  it('shows where derivation is, and whether it rests', () => {
    made.recorder.originMoved(l1Block(12));
    made.recorder.idle(true);
    made.recordHeld(3, 400);
    expect(refs).toEqual(['l1_derived 12']);
    expect(metrics.value('derivation_idle')).toBe(1);
    made.recorder.idle(false);
    expect(metrics.value('derivation_idle')).toBe(0);
    expect(metrics.value('l1_prefetch_blocks')).toBe(3);
    expect(metrics.value('l1_prefetch_bytes')).toBe(400);
  });

  it('tells of progress, and warns of batcher data that was dropped', () => {
    made.observer.noted('created new channel', { channel: 'ab' });
    expect(log.find('created new channel')[0]).toMatchObject({
      level: 'info',
      fields: { channel: 'ab' },
    });
    made.observer.dropped('Dropping batch', { why: 'too late' });
    expect(log.find('Dropping batch')[0]).toMatchObject({
      level: 'warn',
      fields: { why: 'too late' },
    });
  });
});
