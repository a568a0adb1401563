import { describe, expect, it } from 'vitest';
import { OP_NODE_METRICS, whyMissing } from '../../../scripts/opNodeMetrics.js';
import { metricsOfNodes } from '../../../src/node/metricsOfNodes.js';
import {
  METRICS_NAMESPACE,
  PromRegistry,
  type RegisteredMetric,
} from '../../../src/telemetry/promRegistry.js';
import type { HistogramSpec } from '../../../src/telemetry/registry.js';

const REGISTERED = new Map<string, RegisteredMetric>(
  (await metricsOfNodes()).map((metric) => [METRICS_NAMESPACE + metric.spec.name, metric]),
);
/** What the process itself has, by name: type and labels. */
const OF_PROCESS = await typesOfProcess();

async function typesOfProcess(): Promise<ReadonlyMap<string, string>> {
  const text = await new PromRegistry().expose();
  const lines = text.split('\n').filter((line) => line.startsWith('# TYPE '));
  return new Map(
    lines.map((line) => {
      const [, , name = '', type = ''] = line.split(' ');
      return [name, type];
    }),
  );
}

const wanted = OP_NODE_METRICS.filter(({ name }) => whyMissing(name) === null);
const own = wanted.filter(({ name }) => name.startsWith(METRICS_NAMESPACE));
const ofProcess = wanted.filter(({ name }) => !name.startsWith(METRICS_NAMESPACE));

describe("op-node's metrics", () => {
  it.each(own.map((metric) => [metric.name, metric] as const))('%s is the same', (name, metric) => {
    const ours = REGISTERED.get(name);
    expect(ours).toBeDefined();
    if (ours === undefined) return;
    expect(ours.kind).toBe(metric.type);
    expect(ours.spec.labels).toEqual(metric.labels);
    expect(ours.spec.help).toBe(metric.help);
    if (metric.buckets === undefined) return;
    expect((ours.spec as HistogramSpec).buckets).toEqual(metric.buckets);
  });

  // Linux tells the rest; elsewhere op-node has less, too.
  it.each(ofProcess.map(({ name, type }) => [name, type]))('%s is there', (name, type) => {
    expect(OF_PROCESS.get(name)).toBe(type);
  });

  it('are missing only where that is said', () => {
    const missing = OP_NODE_METRICS.filter(
      ({ name }) => !REGISTERED.has(name) && !OF_PROCESS.has(name),
    );
    expect(missing.filter(({ name }) => whyMissing(name) === null)).toEqual([]);
    const there = OP_NODE_METRICS.filter(({ name }) => whyMissing(name) !== null);
    expect(there.filter(({ name }) => REGISTERED.has(name))).toEqual([]);
  });
});
