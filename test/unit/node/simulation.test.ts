import { describe, expect, it } from 'vitest';
import { SIMULATIONS, simulationSeeds } from '../../support/simulation/simulations.js';

/** For a few seconds in all; the soak tests run many more. */
const SEEDS = 3;

describe('a whole node in a world that goes wrong at random, and recovers', () => {
  describe.each(Object.entries(SIMULATIONS))('%s', (_, simulate) => {
    it.each(simulationSeeds(SEEDS))('seed %i', async (seed) => {
      expect(await simulate({ seed }).run()).toEqual([]);
    });
  });
});
