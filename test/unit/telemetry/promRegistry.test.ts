import { describe, expect, it } from 'vitest';
import { metricsMarkdown } from '../../../scripts/metricsMarkdown.js';
import { TIMER_LATENESS } from '../../../src/runtime/clock.js';
import { NodeInfoMetrics } from '../../../src/telemetry/nodeInfoMetrics.js';
import { PromRegistry } from '../../../src/telemetry/promRegistry.js';

const spec = { name: 'things_total', help: 'Things seen', labels: ['kind'] as const };

describe('PromRegistry', () => {
  it('exposes counters, gauges and histograms under the namespace of op-node', async () => {
    const registry = new PromRegistry();
    const counter = registry.counter(spec);
    counter.inc({ kind: 'a' });
    counter.inc({ kind: 'a' }, 4);
    registry.gauge({ name: 'height', help: 'Height', labels: [] }).set({}, 42);
    registry
      .histogram({ name: 'took_seconds', help: 'Took', labels: ['kind'], buckets: [1, 5] })
      .observe({ kind: 'b' }, 3);
    const text = await registry.expose();
    expect(text).toContain('# HELP op_node_default_things_total Things seen');
    expect(text).toContain('# TYPE op_node_default_things_total counter');
    expect(text).toContain('op_node_default_things_total{kind="a"} 5');
    expect(text).toContain('op_node_default_height 42');
    expect(text).toContain('op_node_default_took_seconds_bucket{le="1",kind="b"} 0');
    expect(text).toContain('op_node_default_took_seconds_bucket{le="5",kind="b"} 1');
    expect(text).toContain('op_node_default_took_seconds_sum{kind="b"} 3');
    expect(registry.contentType).toContain('text/plain');
  });

  it('counts whoever keeps its labels and whoever makes them anew, at every scrape', async () => {
    const registry = new PromRegistry();
    const counter = registry.counter(spec);
    const kept = { kind: 'a' };
    for (let scrape = 1; scrape <= 2; scrape++) {
      counter.inc(kept);
      for (let i = 0; i < 1000; i++) counter.inc({ kind: 'a' });
      counter.inc(kept, 10);
      const sum = scrape * 1011;
      expect(await registry.expose()).toContain(`op_node_default_things_total{kind="a"} ${sum}`);
      const { values } = await registry.read('things_total');
      expect(values).toEqual([{ labels: kept, value: sum }]);
    }
  });

  it('tells of a value that is no number once, not at each scrape from then on', async () => {
    const registry = new PromRegistry();
    const took = { name: 'took_seconds', help: 'Took', labels: [], buckets: [1] };
    const histogram = registry.histogram(took);
    histogram.observe({}, Number.NaN);
    await expect(registry.expose()).rejects.toThrow('not a valid number');
    histogram.observe({}, 3);
    expect(await registry.expose()).toContain('took_seconds_sum 3');
  });

  it('has every observation at each scrape and reading, however many there were', async () => {
    const registry = new PromRegistry();
    const spec = { name: 'took_seconds', help: 'Took', labels: ['kind'] as const, buckets: [1, 5] };
    const histogram = registry.histogram(spec);
    for (let scrape = 1; scrape <= 2; scrape++) {
      for (let i = 0; i < 1000; i++) histogram.observe({ kind: i % 2 === 0 ? 'a' : 'b' }, i % 4);
      const text = await registry.expose();
      expect(text).toContain(`took_seconds_bucket{le="1",kind="a"} ${scrape * 250}`);
      expect(text).toContain(`took_seconds_bucket{le="5",kind="b"} ${scrape * 500}`);
    }
    histogram.observe({ kind: 'a' }, 0);
    const { totals } = await registry.read('took_seconds');
    expect(totals).toEqual([
      { labels: { kind: 'a' }, sum: 1000, count: 1001 },
      { labels: { kind: 'b' }, sum: 2000, count: 1000 },
    ]);
  });

  it('has what a gauge was set to last, however often it was', async () => {
    const registry = new PromRegistry();
    const gauge = registry.gauge({ name: 'height', help: 'Height', labels: ['kind'] as const });
    for (let height = 0; height < 1000; height++) gauge.set({ kind: 'a' }, height);
    gauge.set({ kind: 'b' }, 7);
    expect(await registry.expose()).toContain('op_node_default_height{kind="a"} 999');
    gauge.set({ kind: 'a' }, 3);
    expect((await registry.read('height')).values).toEqual([
      { labels: { kind: 'a' }, value: 3 },
      { labels: { kind: 'b' }, value: 7 },
    ]);
  });

  it('tells how late the timers of the node were since the scrape before, and has none for that', async () => {
    const registry = new PromRegistry();
    await registry.expose();
    for (const ms of [1, 2, 300]) TIMER_LATENESS.record(ms);
    const lagOf = async (): Promise<Record<string, number>> => {
      const lines = [...(await registry.expose()).matchAll(/^nodejs_eventloop_lag_(\w+) (\S+)$/gm)];
      return Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)]));
    };
    const { min_seconds, max_seconds, p50_seconds, p99_seconds, mean_seconds } = await lagOf();
    expect(min_seconds).toBeCloseTo(0.001, 4);
    expect(max_seconds).toBeCloseTo(0.3, 2);
    expect(p50_seconds).toBeCloseTo(0.002, 4);
    expect(p99_seconds).toBeCloseTo(0.3, 2);
    expect(mean_seconds).toBeCloseTo(0.101, 3);
    expect(await lagOf()).toMatchObject({ min_seconds: 0, max_seconds: 0, stddev_seconds: 0 });
  });

  it('reads a sampled gauge at each scrape', async () => {
    const registry = new PromRegistry();
    let age = 3;
    registry.sampledGauge({ name: 'age_seconds', help: 'Age', labels: [] }, () => age);
    expect(await registry.expose()).toContain('op_node_default_age_seconds 3');
    age = 8;
    expect(await registry.expose()).toContain('op_node_default_age_seconds 8');
  });

  it('exposes the metrics of the process', async () => {
    const text = await new PromRegistry().expose();
    expect(text).toMatch(/^process_cpu_seconds_total \d/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
  });

  it('refuses to make one name twice, whatever its type', () => {
    const registry = new PromRegistry();
    registry.counter(spec);
    const twice = expect.objectContaining({ severity: 'critical', fields: { metric: spec.name } });
    expect(() => registry.counter(spec)).toThrow(twice);
    expect(() => registry.gauge(spec)).toThrow(twice);
    expect(() => registry.histogram({ ...spec, buckets: [1] })).toThrow(twice);
  });

  it('keeps what two registries count apart', async () => {
    const one = new PromRegistry();
    one.counter(spec).inc({ kind: 'a' });
    const other = new PromRegistry();
    other.counter(spec);
    expect(await other.expose()).not.toContain('things_total{');
  });
});

describe('what PromRegistry reads back', () => {
  it('are values by labels, and sums and counts of histograms', async () => {
    const registry = new PromRegistry();
    registry.gauge({ name: 'g', help: 'G', labels: ['a'] }).set({ a: 'x' }, 3);
    registry.sampledGauge({ name: 's', help: 'S', labels: [] }, () => 7);
    const histogram = registry.histogram({ name: 'h', help: 'H', labels: ['a'], buckets: [1] });
    for (const [a, value] of [
      ['x', 1],
      ['y', 5],
      ['x', 2],
    ] as const) {
      histogram.observe({ a }, value);
    }
    expect((await registry.read('g')).values).toEqual([{ labels: { a: 'x' }, value: 3 }]);
    expect((await registry.read('s')).values).toEqual([{ labels: {}, value: 7 }]);
    expect((await registry.read('h')).totals).toEqual([
      { labels: { a: 'x' }, sum: 3, count: 2 },
      { labels: { a: 'y' }, sum: 5, count: 1 },
    ]);
    expect(await registry.read('none')).toEqual({ values: [], totals: [] });
  });
});

describe('NodeInfoMetrics', () => {
  it('tells the version and that the node is up, as op-node does', async () => {
    const registry = new PromRegistry();
    const info = new NodeInfoMetrics(registry);
    expect(await registry.expose()).toContain('op_node_default_up 0');
    info.recordInfo('v1.2.3');
    info.recordUp();
    const text = await registry.expose();
    expect(text).toContain('op_node_default_info{version="v1.2.3"} 1');
    expect(text).toContain('op_node_default_up 1');
    expect(text).toContain('# HELP op_node_default_up 1 if the op node has finished starting up');
  });
});

describe('metricsMarkdown', () => {
  it('lists all metrics by name with type, labels and meaning', () => {
    const registry = new PromRegistry();
    registry.gauge({ name: 'zz', help: 'a|b', labels: [] });
    registry.counter({ name: 'aa_total', help: 'As', labels: ['x', 'y'] });
    const rows = metricsMarkdown(registry.registered)
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(rows).toEqual([
      '| `op_node_default_aa_total` | counter | `x`, `y` | As |',
      '| `op_node_default_zz` | gauge |  | a\\|b |',
    ]);
  });
});
