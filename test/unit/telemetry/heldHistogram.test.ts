import { Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { heldHistogram } from '../../../src/telemetry/heldHistogram.js';
import { seededRandom } from '../../support/seededRandom.js';

const BUCKETS = [0.005, 0.1, 1, 10];

/** The same histogram as ours and as prom-client's own. */
function bothOf(labelNames: ('rpc' | 'method')[]) {
  const make = (registry: Registry) => ({
    ...{ name: 'took_seconds', help: 'Took', labelNames, buckets: BUCKETS },
    registers: [registry],
  });
  const [ours, theirs] = [new Registry(), new Registry()];
  const held = heldHistogram(make(ours));
  const own = new Histogram(make(theirs));
  return {
    observe: (labels: Record<'rpc' | 'method', string>, value: number) => {
      held.observe(labels, value);
      own.observe(labels, value);
    },
    compare: async () => {
      expect(await ours.metrics()).toBe(await theirs.metrics());
      const read = async (registry: Registry) =>
        (await registry.getSingleMetric('took_seconds')?.get())?.values ?? [];
      // Beside what both have, theirs have examples that are never there.
      expect(await read(theirs)).toMatchObject(await read(ours));
    },
  };
}

describe('heldHistogram', () => {
  it("reads as prom-client's own does, whatever was seen, by kept labels and by new ones", async () => {
    const random = seededRandom(7);
    const { observe, compare } = bothOf(['rpc', 'method']);
    const kept = ['a', 'b', '"', ''].map((method) => ({ rpc: 'main', method }));
    await compare();
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 100; i++) {
        const labels = kept[Math.floor(random() * kept.length)] ?? { rpc: 'x', method: 'y' };
        const value = random() < 0.2 ? (BUCKETS[i % 4] ?? 0) : 20 ** (2 * random() - 1);
        observe(random() < 0.5 ? labels : { ...labels }, value);
      }
      await compare();
    }
  });

  it('is there before anything was seen, where it has no labels', async () => {
    const { compare } = bothOf([]);
    await compare();
  });
});
