import { describe, expect, it } from 'vitest';
import { FollowingSimulation } from '../../support/simulation/followingSimulation.js';
import { simulationSeeds } from '../../support/simulation/simulations.js';

const SEEDS = 3;
/** Sealing begins 50 ms before a block is due; of simulated time the conductor takes up to 300 ms, the engine up to 20. */
const MAX_LATE_SEC = 0.3;

describe('a sequencer whose sources hang, fail, lie, restart and hide behind caches', () => {
  it.each(simulationSeeds(SEEDS))(
    'publishes every block when it is due (seed %i)',
    async (seed) => {
      const simulation = new FollowingSimulation({
        ...{ seed, mode: 'sequences' },
        troubles: ['sourceFaults', 'sourceLag', 'sourceRestarts', 'sourceLies', 'sourceCaches'],
      });
      expect(await simulation.run()).toEqual([]);
      const { published } = simulation;
      const numbers = published.map(({ ref }) => Number(ref.number));
      expect(numbers).toEqual(numbers.map((_, at) => at + 1));
      const late = published.filter(
        ({ ref, atSec }) => atSec > Number(ref.timestamp) + MAX_LATE_SEC,
      );
      expect(late).toEqual([]);
      expect(published.length).toBeGreaterThan(300);
    },
  );
});
